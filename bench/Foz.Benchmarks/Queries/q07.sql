SELECT supp, cust, year, sum(volume) FROM (
    SELECT n1.n_name AS supp, n2.n_name AS cust, year(l_shipdate) AS year, l_extendedprice * (1 - l_discount) AS volume
    FROM tpch.supplier, tpch.lineitem, tpch.orders, tpch.customer, tpch.nation n1, tpch.nation n2
    WHERE s_suppkey = l_suppkey AND o_orderkey = l_orderkey AND c_custkey = o_custkey AND s_nationkey = n1.n_nationkey
        AND c_nationkey = n2.n_nationkey AND l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31'
        AND ((n1.n_name = 'NATION 6' AND n2.n_name = 'NATION 7') OR (n1.n_name = 'NATION 7' AND n2.n_name = 'NATION 6')))
GROUP BY ALL ORDER BY ALL
