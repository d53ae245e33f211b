SELECT sum(l_extendedprice * (1 - l_discount)) FROM tpch.lineitem, tpch.part WHERE p_partkey = l_partkey AND (
    (p_brand = 'Brand#12' AND p_container IN ('SM CASE', 'SM BOX') AND l_quantity BETWEEN 1 AND 11 AND p_size BETWEEN 1 AND 5)
    OR (p_brand = 'Brand#23' AND p_container IN ('MED BAG', 'MED BOX') AND l_quantity BETWEEN 10 AND 20 AND p_size BETWEEN 1 AND 10)
    OR (p_brand = 'Brand#34' AND p_container IN ('LG CASE', 'LG BOX') AND l_quantity BETWEEN 20 AND 30 AND p_size BETWEEN 1 AND 15))
    AND l_shipmode IN ('AIR', 'RAIL')
