namespace Foz.Operations.Hosting;

/// <summary>
/// Work that the leading host repeats by itself, such as schedules or alerts. A job may die after any of its steps and
/// be opened by another host, so that each step can be repeated without harm.
/// </summary>
public interface IHostJob
{
    /// <summary>Gets its name in reports, a plural noun such as <c>schedules</c>.</summary>
    string Name { get; }

    /// <summary>Gets the pause between two steps.</summary>
    TimeSpan Interval { get; }

    /// <summary>Takes up what other hosts left, once before the first step.</summary>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Does what there is to do now.</summary>
    Task StepAsync(CancellationToken cancellationToken);
}
