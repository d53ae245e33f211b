using System.Buffers;
using System.Globalization;
using System.Text;
using Foz.Lake.Engine;

namespace Foz.Cli.Telemetry;

/// <summary>
/// The error output of a host as a log: each line that is written is a record, in text or as one JSON object a line,
/// and goes to a collector as well. Safe for use by many threads.
/// </summary>
/// <param name="inner">Where it is written.</param>
/// <param name="isJson">Whether records are written as JSON; else only lines of text are, as they come.</param>
/// <param name="clock">The time.</param>
sealed class HostLogWriter(TextWriter inner, bool isJson, TimeProvider clock) : TextWriter(CultureInfo.InvariantCulture)
{
    readonly Lock gate = new();
    readonly StringBuilder line = new();

    /// <summary>Gets or sets what sends records to a collector; null for nothing.</summary>
    public Action<LogRecord>? Send { get; set; }

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value)
    {
        lock (gate)
            if (value == '\n') EndLine();
            else if (value != '\r') line.Append(value);
    }

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        lock (gate)
            foreach (var c in value ?? "") Write(c);
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        // A message of several lines, as with a stack, is one record.
        lock (gate)
        {
            line.Append(value);
            EndLine();
        }
    }

    /// <summary>Writes a record; in a log of text, events of runs are left to their own output.</summary>
    public void Write(LogRecord record)
    {
        Send?.Invoke(record);
        if (!isJson) return;
        lock (gate) WriteJson(record);
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        lock (gate) inner.Flush();
    }

    void EndLine()
    {
        var text = line.ToString();
        line.Clear();
        var record = LogRecord.OfLine(text);
        Send?.Invoke(record);
        if (isJson) WriteJson(record);
        else inner.WriteLine(text);
    }

    void WriteJson(LogRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = ValueText.CreateJsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, clock.GetUtcNow().UtcDateTime);
            json.WriteString("level"u8, record.Severity.ToString().ToLowerInvariant());
            if (record.Event is { } what) json.WriteString("event"u8, what);
            if (record.RunId is { Length: > 0 } run) json.WriteString("run_id"u8, run);
            if (record.Step is { } step) json.WriteString("step"u8, step);
            if (record.Outcome is { } outcome) json.WriteString("outcome"u8, outcome);
            if (record.ElapsedMs is { } elapsed) json.WriteNumber("elapsed_ms"u8, elapsed);
            json.WriteString("message"u8, record.Message);
            json.WriteEndObject();
        }
        inner.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
        inner.Flush();
    }
}
