-- The database that documents speak of.
CREATE TABLE customers (
    id integer PRIMARY KEY,
    name text NOT NULL,
    email text,
    postcode char(8)
);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers,
    status text NOT NULL,
    amount numeric(12, 2) NOT NULL,
    updated_at timestamptz NOT NULL
);
INSERT INTO customers VALUES
    (1, 'Ana', 'ana@example.com', '01310100'), (2, 'Bia', NULL, '20040002'), (3, 'Caio', 'caio@example.com', '30130010');
INSERT INTO orders
SELECT i, 1 + i % 3, 'paid', 10 + i, timestamptz '2026-01-01 00:00Z' + i * interval '1 hour' FROM generate_series(1, 8) i;
ANALYZE;
