using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Foz.Server.Logging;

/// <summary>Writes log messages as lines of text.</summary>
/// <param name="writer">Where they are written.</param>
sealed class TextLoggerProvider(TextWriter writer) : ILoggerProvider
{
    readonly Lock gate = new();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new TextLogger(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The caller owns the writer.
    }

    void Write(string line)
    {
        lock (gate)
        {
            writer.WriteLine(line);
            writer.Flush();
        }
    }

    /// <summary>
    /// A message may have what a client sent: it is not to look like another one, and to do nothing to a terminal.
    /// </summary>
    static string OneLine(string message) => !message.Any(char.IsControl)
        ? message
        : string.Concat(
            message.Select(c =>
                char.IsControl(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : $"{c}"));

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
            provider.Write(
                severity + OneLine(formatter(state, exception)) + (exception is null ? "" : $"\n{exception}"));
        }
    }
}
