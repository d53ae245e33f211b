using System.Data.Common;
using System.Reflection;
using Microsoft.Data.SqlClient;
using MySqlConnector;

namespace Foz.Connectors.Databases;

/// <summary>
/// The ADO.NET providers that come with Foz. A folder of the same name in <c>providers/</c> takes precedence.
/// </summary>
static class BuiltInProviders
{
    static readonly Lazy<DbProviderFactory> SqlServer = new(LetConnectWithoutIcu);

    static readonly Dictionary<string, Func<DbProviderFactory>> Factories = new(StringComparer.Ordinal)
    {
        ["Microsoft.Data.SqlClient"] = static () => SqlServer.Value,
        ["MySqlConnector"] = static () => MySqlConnectorFactory.Instance,
    };

    /// <summary>Their names, in order.</summary>
    public static IEnumerable<string> Names => Factories.Keys;

    /// <summary>The factory of a provider; null if it does not come with Foz.</summary>
    public static DbProviderFactory? Find(string provider) => Factories.GetValueOrDefault(provider)?.Invoke();

    /// <summary>
    /// Returns a connection string with what Foz needs of its own providers where the user does not say otherwise:
    /// values that MySqlConnector would guess the meaning of arrive as the database has them.
    /// </summary>
    /// <exception cref="ArgumentException">Thrown when the provider cannot read it.</exception>
    public static string WithDefaults(DbProviderFactory factory, string text)
    {
        if (factory is not MySqlConnectorFactory) return text;
        var builder = new MySqlConnectionStringBuilder(text);
        // CHAR(36) need not be a UUID, nor TINYINT(1) a boolean.
        if (!builder.ContainsKey("GUID Format")) builder.GuidFormat = MySqlGuidFormat.None;
        if (!builder.ContainsKey("Treat Tiny As Boolean")) builder.TreatTinyAsBoolean = false;
        (builder.AllowZeroDateTime, builder.ConvertZeroDateTime) = (true, false);
        builder.UseAffectedRows = false;
        return builder.ConnectionString;
    }

    /// <summary>
    /// Lets SqlClient connect, which otherwise refuses to where .NET has no cultures, as in Foz: it takes the code page
    /// of a collation from them. It has its own table for collations of SQL, and refuses text of others that is no
    /// Unicode.
    /// </summary>
    static SqlClientFactory LetConnectWithoutIcu()
    {
        var field = typeof(SqlConnection).Assembly.GetType("Microsoft.Data.SqlClient.LocalAppContextSwitches")
            ?.GetField("s_globalizationInvariantMode", BindingFlags.Static | BindingFlags.NonPublic);
        field?.SetValue(null, Enum.Parse(field.FieldType, bool.FalseString));
        return SqlClientFactory.Instance;
    }
}
