CREATE TABLE po (a int, owner text);
ALTER TABLE po ENABLE ROW LEVEL SECURITY;
CREATE POLICY po_p ON po USING (owner = current_user) WITH CHECK (a > 0 AND owner <> ';');
