using Foz.DuckDB;

namespace Foz.Server.Trino.Rows;

/// <summary>Writes values of one type as JSON, as Trino's clients read it.</summary>
abstract class JsonValueWriter
{
    /// <summary>Writes the value of a row, <c>null</c> for NULL.</summary>
    public void Write(in Vector vector, int row, JsonBuffer buffer)
    {
        if (vector.IsNull(row)) buffer.Add("null"u8);
        else WriteValue(vector, row, buffer);
    }

    /// <summary>Writes a value that is not NULL.</summary>
    protected abstract void WriteValue(in Vector vector, int row, JsonBuffer buffer);
}
