using System.Text.Json;
using Foz.Connectors.Files.Contents;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Wire;
using Foz.Wire.Avro;

namespace Foz.Connectors.Files.Formats;

/// <summary>
/// Files of Avro, written as Parquet into the batch's work folder and read as that: the types of a schema stay, those
/// inside of records, arrays and maps too.
/// </summary>
static class AvroRows
{
    const string ValueColumn = "value";
    const string Bytes = "BLOB";
    const int LineBytesMin = 1 << 20;
    const int DecimalDigitsMax = 38;

    /// <summary>The files, each in the place of the original.</summary>
    /// <exception cref="FozException">A file is not Avro, or damaged.</exception>
    public static IReadOnlyList<SourceFile> ToParquet(
        IReadOnlyList<SourceFile> files, ReadContext context, CancellationToken cancellationToken)
    {
        var converted = files.Select((file, i) =>
            file with { FullPath = Path.Combine(context.WorkFolder, $"avro-{i}.parquet") }).ToList();
        FileWork.ForEach(files.Zip(converted).Where(pair => pair.First.Input.SizeBytes > 0), context, pair =>
        {
            var lines = pair.Second.FullPath + ".jsonl";
            var (schema, longest) = WriteLines(pair.First, lines, cancellationToken);
            using var session = context.Engine.Open(Workload.Ingestion);
            session.Execute(
                $"COPY (FROM {ReadSql(schema, lines, longest)}) TO "
                    + $"{SqlText.Literal(pair.Second.FullPath)} (FORMAT parquet)", cancellationToken);
            File.Delete(lines);
        }, cancellationToken);
        return converted;
    }

    /// <summary>The columns of a file.</summary>
    /// <exception cref="FozException">It is not Avro.</exception>
    public static IReadOnlyList<Field> Fields(SourceFile file, EnginePool engine, CancellationToken cancellationToken)
    {
        using var stream = FileStreams.Open(file);
        var columns = Guard(file, () => ColumnsOf(AvroContainer.Open(stream).Schema));
        using var session = engine.Open(Workload.Query);
        var nulls = columns.Select(c => $"CAST(NULL AS {c.Type}) AS {SqlText.Identifier(c.Name)}");
        return [.. session.Describe($"SELECT {string.Join(", ", nulls)}", cancellationToken).Select(c => c.ToField())];
    }

    static (AvroSchema Schema, long Longest) WriteLines(
        SourceFile file, string lines, CancellationToken cancellationToken) => Guard(file, () =>
    {
        using var stream = FileStreams.Open(file);
        using var target = new FileStream(lines, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 17);
        using var json = new Utf8JsonWriter(target, new() { MaxDepth = 1_000 });
        var container = AvroContainer.Open(stream);
        var longest = 0L;
        foreach (var (count, values) in container.ReadBlocks())
            longest = Math.Max(
                longest, WriteBlock(container.Schema, count, values.Span, json, target, cancellationToken));
        return (container.Schema, longest);
    });

    /// <returns>The length of the longest line.</returns>
    static long WriteBlock(
        AvroSchema schema, long count, ReadOnlySpan<byte> values, Utf8JsonWriter json, FileStream target,
        CancellationToken cancellationToken)
    {
        var reader = new AvroValueReader(values);
        var longest = 0L;
        for (; count > 0; count--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (schema is AvroSchema.Record) AvroJson.Write(json, schema, ref reader);
            else
            {
                json.WriteStartObject();
                json.WritePropertyName(ValueColumn);
                AvroJson.Write(json, schema, ref reader);
                json.WriteEndObject();
            }
            json.Flush();
            longest = Math.Max(longest, json.BytesCommitted);
            json.Reset();
            target.Write("\n"u8);
        }
        if (!reader.IsAtEnd) throw new WireException(WireErrorKind.Malformed, "a block holds more than its values");
        return longest;
    }

    // The engine holds twice the longest line for each thread. It takes texts in JSON as raw bytes, and decodes their
    // escapes only where it casts texts.
    static string ReadSql(AvroSchema schema, string lines, long longest)
    {
        var columns = ColumnsOf(schema);
        var texts = columns.Select(c =>
            $"{SqlText.Identifier(c.Name)}: "
                + $"{SqlText.Literal(c.Type.Replace(Bytes, "VARCHAR", StringComparison.Ordinal))}");
        var values = columns.Select(c => (Name: SqlText.Identifier(c.Name), c.Type))
            .Select(c => $"CAST({c.Name} AS {c.Type}) AS {c.Name}");
        return $"(SELECT {string.Join(", ", values)} "
            + $"FROM read_json({SqlText.Literal(lines)}, format = 'newline_delimited', maximum_object_size = "
            + $"{Math.Max(longest + 1, LineBytesMin)}, "
            + $"columns = {{{string.Join(", ", texts)}}}))";
    }

    static IReadOnlyList<(string Name, string Type)> ColumnsOf(AvroSchema schema) =>
        schema is AvroSchema.Record { Fields: { Count: > 0 } fields } record
            ? [.. fields.Select(field => (field.Name, TypeOf(field.Schema, [record])))]
            : [(ValueColumn, TypeOf(schema, []))];

    static string TypeOf(AvroSchema stated, IReadOnlyList<AvroSchema.Record> outer)
    {
        if (AvroJson.IsText(stated, outer)) return "VARCHAR";
        var schema = AvroJson.NonNull(stated);
        return schema switch
        {
            AvroSchema.Array array => $"{TypeOf(array.Items, outer)}[]",
            AvroSchema.Map map => $"MAP(VARCHAR, {TypeOf(map.Values, outer)})",
            AvroSchema.Record record => $"STRUCT({string.Join(", ", record.Fields.Select(f =>
                $"{SqlText.Identifier(f.Name)} {TypeOf(f.Schema, [.. outer, record])}"))})",
            { LogicalType: "decimal", Precision: > 0 } =>
                schema.Precision <= DecimalDigitsMax ? $"DECIMAL({schema.Precision}, {schema.Scale})" : "VARCHAR",
            AvroSchema.Fixed { LogicalType: "uuid" } => "VARCHAR",
            AvroSchema.Fixed => Bytes,
            AvroSchema.Primitive { Name: "int" or "long", LogicalType: { } meaning }
                when LogicalTypeOf(meaning) is { } type => type,
            AvroSchema.Primitive primitive => primitive.Name switch
            {
                "boolean" => "BOOLEAN",
                "int" => "INTEGER",
                "long" => "BIGINT",
                "float" => "FLOAT",
                "double" => "DOUBLE",
                "bytes" => Bytes,
                _ => "VARCHAR",
            },
            _ => "VARCHAR",
        };
    }

    static string? LogicalTypeOf(string meaning) => meaning switch
    {
        "date" => "DATE",
        "timestamp-millis" or "timestamp-micros" => "TIMESTAMP WITH TIME ZONE",
        "local-timestamp-millis" or "local-timestamp-micros" => "TIMESTAMP",
        "time-millis" or "time-micros" => "VARCHAR",
        _ => null,
    };

    static T Guard<T>(SourceFile file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (WireException e)
        {
            throw new FozException(ErrorKind.Source, $"file {file.Input.Path} cannot be read as Avro: {e.Message}", e);
        }
        catch (Exception e) when (FileStreams.IsReadError(e))
        {
            throw FileStreams.Error(file, e);
        }
    }
}
