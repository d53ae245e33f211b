namespace Foz.Benchmarks.Queries;

/// <summary>Tables of the shape and sizes of TPC-H at scale factor 1, made by SQL of our own.</summary>
static class TpchData
{
    const string Regions = "['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST']";
    const string Priorities = "['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW']";
    const string Segments = "['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'HOUSEHOLD', 'MACHINERY']";
    const string Modes = "['AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK']";
    const string Sizes = "['ECONOMY', 'LARGE', 'MEDIUM', 'PROMO', 'SMALL', 'STANDARD']";
    const string Metals = "['BRASS', 'COPPER', 'NICKEL', 'STEEL', 'TIN']";
    const string Containers =
        "['SM CASE', 'SM BOX', 'MED BAG', 'MED BOX', 'LG CASE', 'LG BOX', 'JUMBO JAR', 'WRAP PACK']";
    const string Words =
        "['almond', 'blue', 'coral', 'forest', 'green', 'ivory', 'lemon', 'navy', 'olive', 'peach', 'rose', 'sky']";

    /// <summary>A SELECT for each table, with the number of files it is written to.</summary>
    public static IReadOnlyList<(string Name, int Files, string Sql)> Tables { get; } =
    [
        ("region", 1, $"SELECT i::INTEGER AS r_regionkey, {Regions}[i + 1] AS r_name FROM range(5) r(i)"),
        ("nation", 1,
            "SELECT i::INTEGER AS n_nationkey, 'NATION ' || i AS n_name, (i % 5)::INTEGER AS "
                + "n_regionkey FROM range(25) r(i)"),
        ("supplier", 1,
            "SELECT i AS s_suppkey, 'Supplier#' || i AS s_name, (hash(i) % 25)::INTEGER AS s_nationkey, "
            + "((hash(i + 5) % 1000000) / 100.0)::DECIMAL(15,2) AS s_acctbal, "
            + "CASE WHEN hash(i) % 200 = 0 THEN 'Customer Complaints' ELSE 'fine ' || i END AS "
            + "s_comment FROM range(10000) r(i)"),
        ("customer", 4,
            "SELECT i AS c_custkey, 'Customer#' || i AS c_name, (hash(i) % 25)::INTEGER AS c_nationkey, "
            + "(10 + hash(i) % 25) || '-' || (hash(i + 1) % 10000000) AS c_phone, "
            + $"((hash(i + 2) % 1100000) / 100.0 - 1000)::DECIMAL(15,2) AS c_acctbal, {Segments}[1 + (hash(i + 3) % "
            + "5)::INTEGER] AS c_mktsegment "
            + "FROM range(150000) r(i)"),
        ("part", 4,
            $"SELECT i AS p_partkey, {Words}[1 + (hash(i) % 12)::INTEGER] || ' ' || {Words}[1 + (hash(i + 1) % "
                + "12)::INTEGER] AS p_name, "
            + "'Manufacturer#' || (hash(i) % 5) AS p_mfgr, 'Brand#' || (1 + hash(i + 2) % 5) || (1 + "
            + "hash(i + 3) % 5) AS p_brand, "
            + $"{Sizes}[1 + (hash(i + 4) % 6)::INTEGER] || ' ' || {Metals}[1 + (hash(i + 5) % 5)::INTEGER] AS p_type, "
            + $"(1 + hash(i + 6) % 50)::INTEGER AS p_size, {Containers}[1 + (hash(i + 7) % 8)::INTEGER] AS "
            + "p_container FROM range(200000) r(i)"),
        ("partsupp", 8,
            "SELECT i // 4 AS ps_partkey, ((i // 4) + (i % 4) * 2501) % 10000 AS ps_suppkey, "
            + "(1 + hash(i) % 9999)::INTEGER AS ps_availqty, ((hash(i + 1) % 100000) / 100.0)::DECIMAL(15,2) AS "
            + "ps_supplycost FROM range(800000) r(i)"),
        ("orders", 50,
            "SELECT i AS o_orderkey, (hash(i) % 100000)::BIGINT AS o_custkey, ['F', 'O', 'P'][1 + (hash(i + 1) % "
                + "3)::INTEGER] AS o_orderstatus, "
            + "((hash(i + 2) % 50000000) / 100.0)::DECIMAL(15,2) AS o_totalprice, DATE '1992-01-01' + (i % "
            + "2400)::INTEGER AS o_orderdate, "
            + $"{Priorities}[1 + (hash(i + 3) % 5)::INTEGER] AS o_orderpriority, "
            + "CASE WHEN hash(i + 4) % 100 = 0 THEN 'special requests ' ELSE 'comment ' END || i AS "
            + "o_comment FROM range(1500000) r(i)"),
        ("lineitem", 50,
            "SELECT i // 4 AS l_orderkey, p AS l_partkey, (p + (hash(i + 1) % 4)::BIGINT * 2501) % 10000 AS l_suppkey, "
            + "(1 + hash(i + 2) % 50)::DECIMAL(15,2) AS l_quantity, ((hash(i + 3) % 10000000) / "
            + "100.0)::DECIMAL(15,2) AS l_extendedprice, "
            + "((hash(i + 4) % 11) / 100.0)::DECIMAL(15,2) AS l_discount, ((hash(i + 5) % 9) / "
            + "100.0)::DECIMAL(15,2) AS l_tax, "
            + "['A', 'N', 'R'][1 + (hash(i + 6) % 3)::INTEGER] AS l_returnflag, ['F', 'O'][1 + (hash(i + 7) % "
            + "2)::INTEGER] AS l_linestatus, "
            + "d + (1 + hash(i + 8) % 120)::INTEGER AS l_shipdate, d + (30 + hash(i + 9) % "
            + "60)::INTEGER AS l_commitdate, "
            + $"d + (2 + hash(i + 10) % 150)::INTEGER AS l_receiptdate, {Modes}[1 + (hash(i + 11) "
            + "% 7)::INTEGER] AS l_shipmode "
            + "FROM (SELECT i, (hash(i) % 200000)::BIGINT AS p, DATE '1992-01-01' + ((i // 4) % 2400)::INTEGER AS d "
            + "FROM range(6000000) r(i))"),
    ];
}
