namespace Foz.Serving.Trino.Types;

/// <summary>The Trino that clients find here.</summary>
public static class TrinoVersion
{
    /// <summary>The version whose protocol and SQL are served.</summary>
    public const string Served = "476";
}
