namespace Foz.Pipelines.Quality;

/// <summary>What happens when rows break a check.</summary>
public enum OnViolation
{
    /// <summary>The table stays as it was, and the run fails.</summary>
    Fail,

    /// <summary>The table is written, and the run says so.</summary>
    Warn,

    /// <summary>The rows that break it are left out, and counted.</summary>
    Drop,

    /// <summary>The rows that break it go to <c>&lt;table&gt;__quarantine</c> instead.</summary>
    Quarantine,
}
