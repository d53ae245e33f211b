namespace Foz.Core.Quality;

/// <summary>What happens when rows break a check.</summary>
public enum OnViolation
{
    /// <summary>The table stays as it was, and the run fails.</summary>
    Fail,

    /// <summary>The table is written, and the run says so.</summary>
    Warn,
}
