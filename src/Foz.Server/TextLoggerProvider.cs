using Microsoft.Extensions.Logging;

namespace Foz.Server;

/// <summary>Writes what is logged as lines of text.</summary>
/// <param name="writer">Where to.</param>
sealed class TextLoggerProvider(TextWriter writer) : ILoggerProvider
{
    readonly Lock gate = new();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new TextLogger(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The writer is whoever's gave it.
    }

    void Write(string line)
    {
        lock (gate)
        {
            writer.WriteLine(line);
            writer.Flush();
        }
    }

    sealed class TextLogger(TextLoggerProvider provider) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var severity = logLevel switch
            {
                LogLevel.Warning => "warning: ",
                LogLevel.Error or LogLevel.Critical => "error: ",
                _ => "",
            };
            provider.Write(severity + formatter(state, exception) + (exception is null ? "" : $"\n{exception}"));
        }
    }
}
