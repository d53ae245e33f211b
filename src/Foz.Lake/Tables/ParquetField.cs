using System.Globalization;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables;

/// <summary>A field of a Parquet file's schema, with those inside.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its field id; null for none.</param>
public sealed record ParquetField(string Name, int? Id)
{
    readonly List<ParquetField> fields = [];

    /// <summary>The schema of a file.</summary>
    public static ParquetField ReadAll(EngineSession session, string path, CancellationToken cancellationToken)
    {
        using var rows = session.Query(
            $"SELECT name, field_id, num_children FROM parquet_schema({SqlText.Literal(path)})", cancellationToken);
        var next = rows.Rows(cancellationToken).GetEnumerator();
        using (next) return Read(next);
    }

    /// <summary>Adds the names of all fields with an id.</summary>
    public void AddNames(Dictionary<int, string> names)
    {
        if (Id is { } id) names[id] = Name;
        foreach (var field in fields) field.AddNames(names);
    }

    /// <summary>
    /// Adds, for each struct inside of a type of which this field holds nothing that the type has, what it holds
    /// instead, by the id of the type's first field.
    /// </summary>
    public void AddStrangers(DeltaType type, ColumnMappingMode mapping, Dictionary<int, string> strangers)
    {
        switch (type)
        {
            case StructType parent:
                var found = parent.Fields.Select(field => (Field: field, Own: Find(field, mapping)))
                    .Where(pair => pair.Own is not null).ToList();
                foreach (var (field, own) in found) own!.AddStrangers(field.Type, mapping, strangers);
                if (found.Count == 0 && fields.Count > 0 && parent.Fields[0].ColumnId is { } id)
                    strangers[id] = fields[0].Name;
                break;
            // Elements lie in a repeated group, or are repeated themselves.
            case ArrayType array when fields is [var repeated]:
                (repeated.fields is [var element] ? element : repeated).AddStrangers(array.Element, mapping, strangers);
                break;
            case MapType map when fields is [{ fields: [var key, var value] }]:
                key.AddStrangers(map.Key, mapping, strangers);
                value.AddStrangers(map.Value, mapping, strangers);
                break;
        }
    }

    ParquetField? Find(StructField field, ColumnMappingMode mapping) => mapping == ColumnMappingMode.Id
        ? fields.Find(own => own.Id is not null && own.Id == field.ColumnId)
        : fields.Find(own => own.Name.Equals(field.PhysicalName(mapping), StringComparison.OrdinalIgnoreCase));

    // Fields are in the order of a walk, each before those inside.
    static ParquetField Read(IEnumerator<object?[]> rows)
    {
        rows.MoveNext();
        var row = rows.Current;
        var field = new ParquetField(
            (string)row[0]!, row[1] is null ? null : Convert.ToInt32(row[1], CultureInfo.InvariantCulture));
        for (var left = Convert.ToInt64(row[2] ?? 0L, CultureInfo.InvariantCulture); left > 0; left--)
            field.fields.Add(Read(rows));
        return field;
    }
}
