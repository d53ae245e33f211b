using System.Globalization;
using System.Text;

namespace Foz.Benchmarks.Projects;

/// <summary>
/// A project of many models in layers, as large ones are: a third of them read what arrives, others up to five of the
/// layers below; texts of 20 to 40 lines, columns described and checked. All have the same columns.
/// </summary>
static class ManyModels
{
    static readonly (string Schema, double Share)[] Layers =
    [
        ("bronze", 0.2), ("staging", 0.35), ("silver", 0.3), ("gold", 0.15),
    ];

    public static void Write(string folder, int models)
    {
        File.WriteAllText(Path.Combine(folder, "foz.yml"), "name: many\nlake: lake\n");
        var random = new Random(20261121);
        var made = new List<string>();
        foreach (var (schema, share) in Layers)
        {
            var below = made.Count;
            for (var i = 0; i < (int)(models * share); i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{schema}.m{made.Count:D5}");
                var area = string.Create(CultureInfo.InvariantCulture, $"area_{i % 40:D2}");
                var path = Path.Combine(folder, "models", schema, area, name[(schema.Length + 1)..] + ".sql");
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var reads = Enumerable.Range(0, below == 0 ? 0 : schema == "staging" ? 1 : random.Next(2, 6))
                    // Mostly models that are near, so that the graph is deep and not only wide.
                    .Select(_ => made[Math.Max(0, below - 1 - (int)(below * Math.Pow(random.NextDouble(), 2)))])
                    .Distinct().ToList();
                File.WriteAllText(path, TextOf(name, area, reads));
                made.Add(name);
            }
        }
    }

    static string TextOf(string name, string area, List<string> reads)
    {
        var text = new StringBuilder($"""
            /* @foz
            description: The rows of {name}, which {area} answers for
            owner: {area}
            tags: [{area}, daily]
            materialization: {(name.StartsWith("staging", StringComparison.Ordinal) ? "view" : "table")}
            columns:
              - {"{"}name: id, description: The order, checks: [not_null]{"}"}
              - {"{"}name: amount, description: 'What it came to, in reais'{"}"}
              - {"{"}name: status, checks: [{"{"}accepted_values: [new, paid, sent]{"}"}]{"}"}
            @foz */

            """);
        if (reads.Count == 0)
            return text.Append("""
                select
                    i as id,
                    i % 7 as customer_id,
                    cast(i * 1.5 as decimal(12, 2)) as amount,
                    case i % 3 when 0 then 'new' when 1 then 'paid' else 'sent' end as status,
                    timestamp '2026-01-01' + to_days(cast(i as integer)) as updated_at
                from range(10) r(i)

                """).ToString();
        text.Append("with\n");
        foreach (var (i, read) in reads.Index())
            text.Append(CultureInfo.InvariantCulture, $"""
                s{i} as (
                    select id, customer_id, amount, status, updated_at
                    from {read}
                    where updated_at >= timestamp '2025-01-01' and status is not null
                ),

                """);
        text.Append("""
            joined as (
                select s0.id, s0.customer_id, s0.amount, s0.status, s0.updated_at
                from s0

            """);
        for (var i = 1; i < reads.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"    left join s{i} on s0.id = s{i}.id\n");
        return text.Append("""
            )
            select
                id,
                max(customer_id) as customer_id,
                cast(sum(amount) as decimal(12, 2)) as amount,
                -- The last one counts.
                arg_max(status, updated_at) as status,
                max(updated_at) as updated_at
            from joined
            group by id

            """).ToString();
    }
}
