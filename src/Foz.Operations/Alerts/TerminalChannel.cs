using System.Text;
using Foz.Operations.Channels;

namespace Foz.Operations.Alerts;

/// <summary>Reports messages where the host reports to its operator: on its error output.</summary>
/// <param name="name">The channel's name.</param>
/// <param name="report">Takes what an operator should see.</param>
/// <param name="words">The words of its language.</param>
sealed class TerminalChannel(string name, Action<string> report, IncidentWords words) : IAlertChannel
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var text = new StringBuilder(words.Heading(message)).Append(message.Title)
            .Append(" (").Append(message.IncidentId).Append(')');
        foreach (var line in message.Text.Split('\n').Where(line => line.Length > 0)) text.Append("\n  ").Append(line);
        foreach (var (key, value) in message.Values) text.Append("\n  ").Append(key).Append(": ").Append(value);
        if (message.Rows is { } rows)
        {
            text.Append("\n  ").AppendJoin(" | ", rows.Columns);
            foreach (var row in rows.Rows) text.Append("\n  ").AppendJoin(" | ", row.Select(value => value ?? "NULL"));
        }
        if (message.Command is { } command) text.Append("\n  ").Append(command);
        foreach (var link in message.Links) text.Append("\n  ").Append(link.Text).Append(": ").Append(link.Address);
        report(text.ToString());
        return Task.FromResult<Delivery>(new Delivery.Sent(Thread: null));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // It holds nothing.
    }
}
