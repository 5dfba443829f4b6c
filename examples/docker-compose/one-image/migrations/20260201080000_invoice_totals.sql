CREATE VIEW invoice_totals AS
SELECT customers.name, count(*) AS invoices, sum(invoices.amount_cents) AS total_cents
FROM invoices
JOIN customers ON customers.id = invoices.customer_id
GROUP BY customers.id, customers.name;
