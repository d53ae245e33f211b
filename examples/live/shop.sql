-- A shop whose orders come in, move on and are canceled. `tick` is what happens in a moment.
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL, status text NOT NULL DEFAULT 'new',
    total numeric(10, 2) NOT NULL DEFAULT 0, changed_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE items (
    order_id bigint, line int, product text NOT NULL, price numeric(10, 2) NOT NULL, PRIMARY KEY (order_id, line));

CREATE PROCEDURE tick(orders_new int) LANGUAGE plpgsql AS $$
DECLARE
    product text[] := ARRAY['café', 'pão', 'queijo', 'bolo', 'suco'];
    own bigint;
BEGIN
    FOR i IN 1..orders_new LOOP
        INSERT INTO orders (customer) VALUES (1 + (random() * 999)::int) RETURNING id INTO own;
        INSERT INTO items
            SELECT own, line, product[1 + (random() * 4)::int], round((2 + random() * 30)::numeric, 2)
            FROM generate_series(1, 1 + (random() * 4)::int) line;
        UPDATE orders SET total = (SELECT sum(price) FROM items WHERE order_id = own) WHERE id = own;
        COMMIT;
    END LOOP;
    UPDATE orders o SET status = moves.next, changed_at = clock_timestamp()
        FROM (VALUES ('new', 'paid'), ('paid', 'sent'), ('sent', 'delivered')) AS moves (status, next)
        WHERE o.status = moves.status AND o.id IN (
            SELECT id FROM orders WHERE status IN ('new', 'paid', 'sent') ORDER BY random() LIMIT 2 * orders_new);
    COMMIT;
    DELETE FROM items WHERE order_id IN (SELECT id FROM orders WHERE status = 'new' AND random() < 0.02);
    DELETE FROM orders o WHERE NOT EXISTS (SELECT FROM items i WHERE i.order_id = o.id);
END $$;
