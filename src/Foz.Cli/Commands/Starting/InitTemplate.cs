namespace Foz.Cli.Commands.Starting;

/// <summary>The files of a project to begin with.</summary>
/// <param name="name">The project's name: small letters, digits and underscores.</param>
sealed class InitTemplate(string name)
{
    const string GitIgnore = "/lake/\n.env\n";

    const string TableOverview = """
        /* @foz
        name: gold.table_overview
        description: Every table that the project makes, and how fresh and how full it is
        materialization: view
        @foz */
        select
            step as table_name,
            kind,
            max(table_version) as version,
            arg_max(rows_written, finished_at) as rows_last_written,
            sum(rows_rejected)::bigint as rows_rejected,
            count(distinct run_id) as runs_with_changes,
            max(finished_at) as last_changed_at
        from foz.steps
        where outcome in ('Succeeded', 'Warned') and table_version is not null
        group by step, kind

        """;

    /// <summary>The table that shows all others.</summary>
    public const string OverviewName = "table_overview";

    /// <summary>The project's name.</summary>
    public string Name => name;

    /// <summary>The environment variable with the URL of the connection.</summary>
    public string UrlVariable => $"{name.ToUpperInvariant()}_URL";

    /// <summary>All tables of a PostgreSQL database to bronze, silver and gold.</summary>
    public IReadOnlyDictionary<string, string> Postgres() => new SortedDictionary<string, string>(
        StringComparer.Ordinal)
    {
        ["foz.yml"] = $$"""
            # The project and its lake. foz validate checks it, foz run runs it.
            name: {{name}}
            lake: lake

            connections:
              {{name}}:
                type: postgresql
                # {{UrlVariable}} comes from the environment, or from .env beside this file (see .env.example).
                # Instead of the URL: host, port, database, user and password: ${…}.
                url: ${{{UrlVariable}}}

            # Limits of each process; by default a quarter of the machine's memory and all processors.
            # memory: 4GB
            # threads: 4

            """,
        [".env.example"] = $"""
            # Copy this file to .env, which git ignores, and put the database's address here.
            {UrlVariable}=postgres://user:password@localhost:5432/{name}

            """,
        [".gitignore"] = GitIgnore,
        [$"sources/{name}.yml"] = $$"""
            # All tables of the database arrive in bronze, and as they are now in silver.
            name: {{name}}
            connection: {{name}}
            schema: bronze
            silver: current
            streams: all

            # Or name streams, to set more about them; `'*':` means all others.
            # streams:
            #   orders:
            #     mode: incremental      # appends rows whose cursor grew; snapshot reads everything again
            #     cursor: updated_at
            #     keys: [id]
            #     columns:
            #       - name: id
            #         checks: [not_null, unique]
            #   '*':

            """,
        ["models/bronze/.gitkeep"] = "",
        ["models/silver/.gitkeep"] = "",
        ["models/gold/table_overview.sql"] = TableOverview,
    };

    /// <summary>A project of a source that is known, or of one to be filled in.</summary>
    /// <param name="draft">The source.</param>
    /// <param name="gold">The first table of gold; null for one of all tables.</param>
    public SortedDictionary<string, string> Of(SourceDraft draft, (string Name, string Sql)? gold)
    {
        var source = new SourceText(draft, "bronze", HasSilver(draft));
        var files = new SortedDictionary<string, string>(source.Files(), StringComparer.Ordinal)
        {
            ["foz.yml"] = $"""
                # The project and its lake. foz validate checks it, foz run runs it.
                name: {name}
                lake: lake

                connections:
                {string.Join('\n', source.ConnectionLines)}

                # Limits of each process; by default a quarter of the machine's memory and all processors.
                # memory: 4GB
                # threads: 4

                """,
            [".gitignore"] = GitIgnore,
        };
        if (draft.Connection.Secret is not null)
            files[".env.example"] = $"""
                # Copy this file to .env, which git ignores, and put the {draft.Connection.SecretWord} here.
                {draft.Connection.Variable}={draft.Connection.SecretWord}

                """;
        files[$"models/gold/{gold?.Name ?? OverviewName}.sql"] = gold?.Sql ?? TableOverview;
        return files;
    }

    /// <summary>
    /// Whether the current rows of a source's streams are kept; those of a folder to come are not known.
    /// </summary>
    public static bool HasSilver(SourceDraft draft) => draft.Connection.Kind.IsDatabase || draft.Streams.Count > 0;

    /// <summary>Models that make their own rows.</summary>
    public IReadOnlyDictionary<string, string> Empty() => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["foz.yml"] = $$"""
            # The project and its lake. foz validate checks it, foz run runs it.
            name: {{name}}
            lake: lake

            # connections:
            #   {{name}}:
            #     type: postgresql
            #     url: ${{{UrlVariable}}}
            #   exports:
            #     type: files
            #     path: data

            """,
        [".env.example"] = $"# {UrlVariable}=postgres://user:password@localhost:5432/{name}\n",
        [".gitignore"] = GitIgnore,
        ["sources/.gitkeep"] = "",
        ["models/bronze/sales.sql"] = """
            /* @foz
            description: Some sales to begin with; a source takes the place of this model
            @foz */
            select *
            from (values
                (1, '2026-01-05', 'pix', '19.90'),
                (2, '2026-01-05', 'card', '120.00'),
                (3, '2026-01-06', 'pix', '35.50')
            ) as s(sale_id, sold_on, method, amount)

            """,
        ["models/silver/sales.sql"] = """
            /* @foz
            description: Sales with types, one row each
            columns:
              - name: sale_id
                description: Number of the sale
                checks: [not_null, unique]
              - name: amount
                description: In reais
                checks: [positive]
            @foz */
            select sale_id, sold_on::date as sold_on, method, amount::decimal(12, 2) as amount
            from bronze.sales

            """,
        ["models/gold/sales_by_day.sql"] = """
            /* @foz
            description: Sales of each day
            columns:
              - name: sold_on
                checks: [unique]
            @foz */
            select sold_on, count(*) as sales, sum(amount) as amount
            from silver.sales
            group by sold_on

            """,
    };
}
