using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Cli.Demo;

/// <summary>The payments of a month's orders: a CSV file that the engine turns into Parquet.</summary>
sealed class LojaPayments : IDisposable
{
    public const string Stream = "payments";

    /// <summary>Where the CSV files lie until they are Parquet.</summary>
    public const string WorkFolder = ".work";

    static readonly string[] Methods = ["pix", "pix", "pix", "credit_card", "credit_card", "credit_card", "boleto"];

    readonly StreamWriter _text;
    readonly LojaTally _tally;

    /// <summary>Starts the file of a month.</summary>
    public LojaPayments(string path, LojaTally tally)
    {
        (_text, _tally) = (LojaText.Create(path), tally);
        _text.WriteLine("payment_id,order_id,method,installments,amount,status,paid_at");
    }

    /// <summary>Writes the payment of an order; some canceled orders never had one.</summary>
    public void Write(LojaOrder order, long cents, ref SplitMix random)
    {
        if (order.Status == "canceled" && random.OnceIn(3)) return;
        var method = random.Pick(Methods);
        var installments = method == "credit_card" ? 1 + random.Below(10) : 1;
        var paidAt = order.OrderedAt.AddMinutes(method == "boleto" ? 600 + random.Below(3_000) : random.Below(10));
        var status = order.Status switch
        {
            "returned" => "refunded",
            "canceled" => "pending",
            _ => "approved",
        };
        var time = status == "pending" ? "" : $"{paidAt:yyyy-MM-dd HH:mm:ss}-03";
        _text.WriteLine(
            $"{order.Id * 10 + 1},{order.Id},{method},{installments},{LojaText.Money(cents)},{status},{time}");
        _tally.Count(Stream, 1, 1, 0);
    }

    /// <summary>Turns CSV files into one Parquet file, in the order of the payments.</summary>
    public static void ToParquet(
        IReadOnlyList<string> csvPaths, string path, EngineSession session, CancellationToken cancellationToken) =>
        session.Execute(
            $$"""
            COPY (
                FROM read_csv([{{string.Join(", ", csvPaths.Select(SqlText.Literal))}}],
                    header = true, auto_detect = false,
                    columns = {payment_id: 'BIGINT', order_id: 'BIGINT', method: 'VARCHAR', installments: 'INTEGER',
                        amount: 'DECIMAL(12,2)', status: 'VARCHAR', paid_at: 'TIMESTAMPTZ'})
                ORDER BY payment_id
            ) TO {{SqlText.Literal(path)}} (FORMAT parquet, COMPRESSION zstd)
            """, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _text.Dispose();
}
