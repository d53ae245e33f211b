namespace Foz.Lake.Data;

/// <summary>
/// Tags of columns, such as <c>pii.cpf</c>: what kind of thing the values are. The table's own schema holds them, as a
/// column's metadata <c>foz.tag.pii.cpf</c> or, as SQL sets them, <c>foz.tag.pii = cpf</c>; both are the tag
/// <c>pii.cpf</c>.
/// </summary>
public static class ColumnTag
{
    /// <summary>The prefix of the metadata that hold a column's tags.</summary>
    public const string Prefix = "foz.tag.";

    /// <summary>
    /// The prefix of the metadata that hold why a tag of what a column is made from is none of its own.
    /// </summary>
    public const string ReleasePrefix = Prefix + Released;

    const string Released = "released.";

    /// <summary>The value of a tag that the project states.</summary>
    public const string Stated = "stated in the project";

    /// <summary>The beginning of the value of a tag that comes from the columns that a column is made from.</summary>
    public const string InheritedPrefix = "from ";

    /// <summary>
    /// The families of tags that are about people. A user sees a column with one of them only where the user's grants
    /// say how.
    /// </summary>
    public static IReadOnlyList<string> ProtectedFamilies { get; } = ["pii", "sensitive", "minor"];

    /// <summary>Whether a tag is of a family that is about people.</summary>
    public static bool IsProtected(string tag) => ProtectedFamilies.Any(family => Covers(family, tag));

    /// <summary>Whether a tag, or a family of tags, covers a tag: <c>pii</c> covers <c>pii.cpf</c>.</summary>
    public static bool Covers(string family, string tag) =>
        tag.StartsWith(family, StringComparison.OrdinalIgnoreCase)
            && (tag.Length == family.Length || tag[family.Length] == '.');

    /// <summary>
    /// Whether a text can be a tag: words of letters, digits, <c>_</c> and <c>-</c> with dots between.
    /// </summary>
    public static bool IsName(string text) => text.Length > 0 && text.Split('.').All(
        part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'));

    /// <summary>The tags of a column, in order.</summary>
    public static IReadOnlyList<string> Of(Field field) => Of(field.Metadata);

    /// <summary>The tags that metadata of a column hold, in order.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<KeyValuePair<string, string>> metadata) =>
    [
        .. metadata.Where(entry => entry.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(entry => NameOf(entry.Key[Prefix.Length..], entry.Value)).Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Whether a tag says that another one is released.</summary>
    public static bool IsRelease(string tag) => tag.StartsWith(Released, StringComparison.Ordinal);

    /// <summary>Returns the tag that a release is of; another tag unchanged.</summary>
    public static string WithoutRelease(string tag) =>
        tag.StartsWith(Released, StringComparison.OrdinalIgnoreCase) ? tag[Released.Length..] : tag;

    /// <summary>The tags of a column that are protected.</summary>
    public static IReadOnlyList<string> ProtectedOf(Field field) =>
        field.Metadata.IsEmpty ? [] : [.. Of(field).Where(IsProtected)];

    /// <summary>Whether runs put a tag there, and may take it away again.</summary>
    public static bool IsManaged(string value) =>
        value == Stated || value.StartsWith(InheritedPrefix, StringComparison.Ordinal);

    /// <summary>A column that has the tags of another one too.</summary>
    public static Field WithTagsOf(Field field, Field? other) => other is null ? field : field with
    {
        Metadata = field.Metadata.AddRange(other.Metadata.Where(
            entry => entry.Key.StartsWith(Prefix, StringComparison.Ordinal) && !field.Metadata.ContainsKey(entry.Key))),
    };

    /// <summary>Whether metadata is a tag or release that runs put there.</summary>
    public static bool IsOfRuns(string key, string value) =>
        key.StartsWith(ReleasePrefix, StringComparison.Ordinal)
            || (key.StartsWith(Prefix, StringComparison.Ordinal) && IsManaged(value));

    /// <summary>
    /// Whether runs should add a tag or release to a column's metadata: it is not there in this form, and no user put
    /// it there.
    /// </summary>
    public static bool MayPut(IReadOnlyDictionary<string, string> metadata, string key, string value) =>
        !metadata.TryGetValue(key, out var present) || (present != value && IsOfRuns(key, present));

    static string NameOf(string name, string value) =>
        !name.Contains('.', StringComparison.Ordinal) && !IsManaged(value) && IsName(value) ? $"{name}.{value}" : name;
}
