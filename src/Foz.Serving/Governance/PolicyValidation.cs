using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Serving.Governance;

/// <summary>
/// What is wrong with the files of <c>policies/</c>, beside the project and the lake that they are about.
/// </summary>
/// <param name="projectFolder">The project's folder.</param>
public sealed class PolicyValidation(string projectFolder)
{
    readonly ErrorList errors = new();
    readonly ErrorList warnings = new();

    /// <summary>What the server would refuse.</summary>
    public IReadOnlyList<FozException> Errors => errors.Items;

    /// <summary>Names of what there is not, or not yet: such a grant gives nothing.</summary>
    public IReadOnlyList<FozException> Warnings => warnings.Items;

    /// <summary>Checks the files.</summary>
    /// <param name="tables">The tables and views of the project and of the lake.</param>
    /// <param name="columnsOf">The columns of one; null where they are not known.</param>
    public void Check(IReadOnlyCollection<TableName> tables, Func<TableName, IReadOnlyList<string>?> columnsOf)
    {
        var (access, users) =
            (AccessList.Read(projectFolder, errors), UserList.Read(projectFolder, written: null, errors));
        if (!errors.IsEmpty) return;
        CheckPeople(access, users);
        foreach (var grant in access.Grants)
        {
            foreach (var on in grant.On) CheckTarget(grant, on, tables);
            CheckColumns(grant, [.. tables.Where(grant.IsAbout)], columnsOf);
        }
    }

    /// <summary>Users of tokens stand in no file: where there are issuers, any name may be one.</summary>
    void CheckPeople(AccessList access, UserList users)
    {
        string[] known = [.. users.All.Select(user => user.Name), .. access.Roles, AccessGrant.Everyone];
        if (users.Issuers.Count == 0)
            foreach (var grant in access.Grants)
                foreach (var to in grant.To.Except(known, StringComparer.Ordinal))
                    Warn(PlaceOf(grant, to), $"there is no user or role '{to}'", NearestName.Hint(to, known));
        var names = users.All.Select(user => user.Name).ToList();
        if (users.Issuers.Count == 0)
            foreach (var (role, members) in access.Members)
                foreach (var member in members.Except(names, StringComparer.Ordinal))
                    Warn(
                        access.PlaceOfRole(role),
                        $"the role '{role}' has the member '{member}', and there is no such user",
                        NearestName.Hint(member, names));
        foreach (var key in users.Keys)
        {
            var place = new Place($"{UserList.FolderName}/{ApiKey.FileName}");
            if (users.Find(key.User) is null)
                Warn(place, $"the key '{key.Name}' is of the user '{key.User}', whom there is not",
                    NearestName.Hint(key.User, names));
            foreach (var role in (key.Roles ?? []).Except(access.Roles, StringComparer.Ordinal))
                Warn(place, $"the key '{key.Name}' is limited to the role '{role}', which there is not",
                    NearestName.Hint(role, access.Roles));
        }
    }

    void CheckTarget(AccessGrant grant, string on, IReadOnlyCollection<TableName> tables)
    {
        if (on == "*") return;
        if (TableName.TryParse(on, out var name))
        {
            if (name.Schema != TableName.SystemSchema && !tables.Contains(MaskFamilies.BaseOf(name)))
                Warn(PlaceOf(grant, on), $"there is no table or view '{on}'",
                    NearestName.Hint(on, tables.Select(table => $"{table}")));
            return;
        }
        string[] schemas =
            [
                .. tables.Select(table => table.Schema).Append(TableName.SystemSchema)
                    .Distinct(StringComparer.OrdinalIgnoreCase),
            ];
        if (!schemas.Contains(on, StringComparer.OrdinalIgnoreCase))
            Warn(PlaceOf(grant, on), $"there is no schema '{on}'", NearestName.Hint(on, schemas));
    }

    /// <summary>
    /// Warns of columns that no table has: such a column is shown to no user, and a mask of it hides nothing, so that
    /// the column meant stays visible.
    /// </summary>
    void CheckColumns(
        AccessGrant grant, IReadOnlyList<TableName> tables, Func<TableName, IReadOnlyList<string>?> columnsOf)
    {
        if ((grant.Columns?.Count ?? 0) + grant.Masks.Count == 0 || tables.Count == 0) return;
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var table in tables)
        {
            // One whose columns are not known may have any.
            if (columnsOf(table) is not { } columns) return;
            known.UnionWith(columns);
        }
        var of = tables is [var only] ? $"{only}" : $"the tables of {string.Join(", ", grant.On)}";
        foreach (var column in (grant.Columns ?? new HashSet<string>()).Where(column => !known.Contains(column)))
            Warn(PlaceOf(grant, column), $"{of} has no column '{column}'", NearestName.Hint(column, known));
        foreach (var column in grant.Masks.Keys.Where(column => !known.Contains(column)))
            Warn(PlaceOf(grant, column), $"{of} has no column '{column}', so that the mask hides nothing",
                NearestName.Hint(column, known));
    }

    static Place PlaceOf(AccessGrant grant, string name) =>
        grant.Places.TryGetValue(name, out var place) ? place : grant.Place;

    void Warn(Place place, string message, string? hint) => warnings.Add(place, message, hint);
}
