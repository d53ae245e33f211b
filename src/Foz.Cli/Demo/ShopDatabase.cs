using Foz.Cli.Remote;
using Foz.Lake;

namespace Foz.Cli.Demo;

/// <summary>
/// A small shop in a PostgreSQL database, to try loading a database with. The server computes its rows.
/// </summary>
static class ShopDatabase
{
    /// <summary>How many tables a database has.</summary>
    const string Count = """
        select count(*) from information_schema.tables
        where table_schema not in ('pg_catalog', 'information_schema')
        """;

    /// <summary>Rows are functions of their numbers: every database gets the same.</summary>
    const string Script = """
        begin;
        create table customers (
            customer_id integer primary key, name text not null, email text, city text not null,
            postcode char(8) not null, created_at timestamptz not null, updated_at timestamptz not null);
        create table products (
            product_id integer primary key, name text not null, category text not null, price numeric(10, 2) not null);
        create table orders (
            order_id bigint primary key, customer_id integer not null references customers, status text not null,
            total numeric(12, 2) not null, ordered_at timestamptz not null, updated_at timestamptz not null);
        create table order_items (
            order_id bigint not null references orders, line integer not null,
            product_id integer not null references products, quantity integer not null, price numeric(10, 2) not null,
            primary key (order_id, line));

        insert into customers
        select i,
            (array['Ana', 'Bia', 'Caio', 'Davi', 'Elisa', 'Flávia', 'Gil', 'Helena'])[1 + i % 8] || ' '
                || (array['Alves', 'Barros', 'Costa', 'Dias', 'Esteves', 'Freitas', 'Gomes'])[1 + i * 5 % 7],
            case when i % 17 > 0 then 'customer' || i || '@example.com' end,
            (array['São Paulo', 'Recife', 'Belém', 'Curitiba', 'Salvador'])[1 + i * 3 % 5],
            lpad((1310100 + i * 7919 % 88000000)::text, 8, '0'),
            timestamptz '2025-01-01 00:00Z' + i * interval '3 hours',
            timestamptz '2025-01-01 00:00Z' + i * interval '3 hours' + i % 90 * interval '1 day'
        from generate_series(1, 2000) i;
        insert into products
        select i, (array['Camisa', 'Calça', 'Tênis', 'Boné', 'Bolsa'])[1 + i % 5] || ' ' || i,
            (array['clothes', 'clothes', 'shoes', 'accessories', 'accessories'])[1 + i % 5],
            19.90 + i * 37 % 400
        from generate_series(1, 200) i;
        insert into orders
        select i, 1 + i * 7919 % 2000,
            (array['paid', 'paid', 'paid', 'shipped', 'shipped', 'canceled'])[1 + i * 31 % 6], 0,
            timestamptz '2025-01-01 00:00Z' + i * interval '26 minutes',
            timestamptz '2025-01-01 00:00Z' + i * interval '26 minutes' + i % 10 * interval '1 day'
        from generate_series(1, 20000) i;
        insert into order_items
        select o, line, p.product_id, 1 + (o + line) % 3, p.price
        from generate_series(1, 20000) o, generate_series(1, 4) line
        join products p on true
        where line <= 1 + o % 4 and p.product_id = 1 + (o * 13 + line * 71) % 200;
        update orders set total = items.total
        from (select order_id, sum(quantity * price) as total from order_items group by order_id) items
        where items.order_id = orders.order_id;
        commit;
        analyze;
        """;

    /// <summary>Fills an empty database.</summary>
    /// <param name="session">The database.</param>
    /// <param name="cancellationToken">Stops it; the database then stays empty.</param>
    /// <exception cref="FozException">Thrown when the database has tables, or the server refuses.</exception>
    public static async Task FillAsync(RemoteSession session, CancellationToken cancellationToken)
    {
        if (await CountAsync(session, cancellationToken) is > 0 and var tables)
            throw new FozException(
                ErrorKind.Usage, $"the database has {tables} tables and views; nothing was written")
            {
                Hint = "name an empty one: createdb shop makes it",
            };
        await foreach (var result in session.RunAsync(Script, input: null, cancellationToken))
            if (result is RemoteResult.Rows rows)
                await foreach (var _ in rows.Values.WithCancellation(cancellationToken)) { }
    }

    static async Task<long> CountAsync(RemoteSession session, CancellationToken cancellationToken)
    {
        var count = 0L;
        await foreach (var result in session.RunAsync(Count, input: null, cancellationToken))
            if (result is RemoteResult.Rows rows)
                await foreach (var row in rows.Values.WithCancellation(cancellationToken)) count = (long)row[0]!;
        return count;
    }
}
