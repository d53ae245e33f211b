using System.Globalization;
using System.Text;
using Foz.Lake;
using Foz.Wire.Bson;
using MongoDB.Bson;
using BsonType = Foz.Wire.Bson.BsonType;
using BsonValue = Foz.Wire.Bson.BsonValue;

namespace Foz.Connectors.MongoDb;

/// <summary>
/// Cursors as text, for manifests, and back as values for queries. The server compares values of one kind only: a
/// cursor of another kind than the others would never be found.
/// </summary>
/// <param name="Kind">The kind: <c>number</c>, <c>date</c>, <c>objectId</c> or <c>string</c>.</param>
/// <param name="Text">The value; of numbers with <c>E</c> a decimal, with <c>e</c> or <c>.</c> a double.</param>
sealed record DocumentCursor(string Kind, string Text)
{
    const string Number = "number", Date = "date", ObjectIdKind = "objectId", StringKind = "string";

    /// <summary>Reads a document's cursor.</summary>
    /// <returns>Null for null.</returns>
    /// <exception cref="FozException">It has no order that a query follows.</exception>
    /// <exception cref="Foz.Wire.WireException">It is not BSON.</exception>
    public static DocumentCursor? Read(MongoDbStream stream, FoundValue found, ReadOnlySpan<byte> document)
    {
        var value = found.In(document);
        return found.Type switch
        {
            BsonType.Null or BsonType.Undefined => null,
            BsonType.Int32 => new(Number, BsonValue.Int32(value).ToString(CultureInfo.InvariantCulture)),
            BsonType.Int64 => new(Number, BsonValue.Int64(value).ToString(CultureInfo.InvariantCulture)),
            BsonType.Double when double.IsFinite(BsonValue.Double(value)) => new(
                Number, ExtendedJson.DoubleText(BsonValue.Double(value)).Replace('E', 'e')),
            BsonType.Decimal128 when BsonDecimal.Read(value) is { Kind: BsonDecimalKind.Number } number => new(
                Number, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(number.IsNegative ? "-" : "")}{number.Coefficient}E{number.Exponent}")),
            BsonType.Date => new(Date, DateText(BsonValue.Int64(value))),
            BsonType.ObjectId => new(ObjectIdKind, Convert.ToHexStringLower(value)),
            BsonType.String => new(StringKind, Encoding.UTF8.GetString(BsonValue.Text(value))),
            _ => throw NotOrdered(
                stream.Cursor!.Text, Name(found.Type), $"{stream.Definition.Name} ({stream.Collection})"),
        };
    }

    /// <summary>The value for a query.</summary>
    /// <exception cref="FozException">The text is none of the kind.</exception>
    public MongoDB.Bson.BsonValue ToBson()
    {
        var culture = CultureInfo.InvariantCulture;
        try
        {
            return Kind switch
            {
                Date => new BsonDateTime(
                    long.TryParse(Text, NumberStyles.AllowLeadingSign, culture, out var instant)
                        ? instant
                        : DateTimeOffset.Parse(Text, culture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds()),
                ObjectIdKind => ObjectId.Parse(Text),
                StringKind => Text,
                _ when Text.Contains('E', StringComparison.Ordinal) => Decimal128.Parse(Text),
                _ when Text.AsSpan().ContainsAny('.', 'e') => double.Parse(Text, culture),
                _ => long.Parse(Text, culture),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new FozException(ErrorKind.Data, $"the cursor '{Text}' of the last batch is no {Kind}")
            {
                Hint = "run the stream once with --full-refresh",
            };
        }
    }

    /// <summary>The error of a cursor that queries cannot follow.</summary>
    /// <param name="path">The cursor.</param>
    /// <param name="what">What it is in some document.</param>
    /// <param name="where">The stream.</param>
    public static FozException NotOrdered(string path, string what, string where) => new(
        ErrorKind.Data, $"{where}: the cursor '{path}' is {what} in some document: nothing is written")
    {
        Hint = "take a field as cursor that is a number, a date, an ObjectId or a string, of one kind everywhere",
    };

    /// <summary>The error of cursors that have no order among them.</summary>
    public static FozException NotAlike(MongoDbStream stream, DocumentCursor least, DocumentCursor most) => new(
        ErrorKind.Data,
        $"stream '{stream.Definition.Name}': the cursor '{stream.Cursor!.Text}' is the {least.Kind} '{least.Text}' in "
            + $"one document and the {most.Kind} '{most.Text}' in another, and they have no order: nothing is written")
    {
        Place = stream.Definition.Place is { File: not null } place ? place : null,
        Hint = "take a field as cursor that is of one kind in every document; a filter may leave the others out, "
            + $"such as {{\"{stream.Cursor.Text}\": {{\"$type\": \"{most.Kind}\"}}}}",
    };

    static string DateText(long milliseconds) => DocumentReaders.IsUsual(milliseconds)
        ? ExtendedJson.DateText(milliseconds)
        : milliseconds.ToString(CultureInfo.InvariantCulture);

    static string Name(BsonType type) => type switch
    {
        BsonType.Double or BsonType.Decimal128 => "NaN or infinite",
        BsonType.Array => "an array",
        _ => $"of the type {type}",
    };
}
