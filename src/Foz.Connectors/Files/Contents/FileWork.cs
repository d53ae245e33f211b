using System.Runtime.ExceptionServices;
using Foz.Lake;

namespace Foz.Connectors.Files.Contents;

/// <summary>Work on many files.</summary>
static class FileWork
{
    /// <summary>Does the same for each, as many at a time as the engine has threads.</summary>
    /// <exception cref="FozException">The first that was thrown.</exception>
    public static void ForEach<T>(
        IEnumerable<T> items, ReadContext context, Action<T> action, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = context.Engine.Threads,
            CancellationToken = cancellationToken,
        };
        try
        {
            Parallel.ForEach(items, options, action);
        }
        catch (AggregateException e) when (e.InnerExceptions.FirstOrDefault(i => i is FozException) is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }
}
