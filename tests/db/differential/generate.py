"""Makes SQL scripts that are hard to cut into statements and that every PostgreSQL since 14 runs.

A script's objects begin with its own prefix, so that hundreds of scripts fit into one database and one pg_dump.
"""

import random

# Text that a careless scanner trips over, as it stands inside quotes of some kind.
TRAPS = ["plain", "a;b", "--no comment", "/* no comment */", "/* open", "*/", "$$", "$tag$", "it ''is''", 'say "x"', "BEGIN",
         "END;", "\\", "\\\\;", "línea; ñandú", "日本;語", "%s", ":name", "$1", "?", "\t;", "; COMMIT;", "'' ; --", "{;}"]


class Script:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.prefix = f"s{seed}_"
        self.count = 0
        self.tables = []

    # Pieces.

    def name(self, kind):
        self.count += 1
        plain = f"{self.prefix}{kind}{self.count}"
        shape = self.chance.randrange(6)
        if shape == 0:
            return f'"{plain};x"'
        if shape == 1:
            return f'"{plain} ""q"" --"'
        if shape == 2:
            return f"{plain}$a$b"
        if shape == 3:
            return f'"{plain}É"'
        return plain

    def trap(self):
        return self.chance.choice(TRAPS)

    def literal(self):
        text, shape = self.trap(), self.chance.randrange(7)
        undoubled = text.replace("''", "'")
        if shape == 0:
            return "E'" + undoubled.replace("\\", "\\\\").replace("'", "\\'") + "\\n\\';'"
        if shape == 1:
            tag = self.chance.choice(["", "q", "a1", "É"])
            if f"${tag}$" not in undoubled and not undoubled.endswith("$"):
                return f"${tag}${undoubled}${tag}$"
        if shape == 2:
            return "U&'" + text.replace("\\", "\\\\") + "\\0041;'"
        if shape == 3:
            return "'" + text + "'\n  ';joined'"
        if shape == 4 and text.isascii():
            return "E'\\x41\\073" + undoubled.replace("\\", "\\\\").replace("'", "''") + "'"
        return "'" + text + "'"

    def space(self):
        return self.chance.choice([" ", "\n", "\t", "  ", " /* ; */ ", " -- ;'\n", " /* a /* ' nested; */ $$ */ ", " --\"\n",
                                   "\n\n"])

    def body_quote(self, body):
        tag = self.chance.choice(["", "body", "_", "fn1"])
        while f"${tag}$" in body:
            tag += "x"
        return f"${tag}${body}${tag}$"

    # Statements.

    def table(self):
        name = self.name("t")
        self.tables.append(name)
        columns = ["id int PRIMARY KEY", "note text"]
        columns += self.chance.sample([
            "begin timestamptz", '"end" int', "amount numeric CHECK (amount > 0)", "tags text[] DEFAULT '{\";\"}'",
            f"label text DEFAULT {self.literal()}", '"a;b" int', "twice int GENERATED ALWAYS AS (id * 2) STORED",
            "case_ int", "j jsonb DEFAULT '{\"a\": \"--\"}'"], self.chance.randrange(0, 5))
        sep = "," + self.space()
        return f"CREATE{self.space()}TABLE {name}{self.space()}({sep.join(columns)})"

    def insert(self):
        table = self.chance.choice(self.tables)
        self.count += 1
        return f"INSERT INTO{self.space()}{table} (id, note) VALUES ({self.count},{self.space()}{self.literal()})"

    def index(self):
        return f"CREATE INDEX {self.name('i')} ON {self.chance.choice(self.tables)}{self.space()}((lower(note)), id)"

    def view(self):
        table = self.chance.choice(self.tables)
        return (f"CREATE VIEW {self.name('v')} AS SELECT id,{self.space()}CASE WHEN id > 1 THEN {self.literal()}"
                f" ELSE note END AS \"case\" FROM {table}")

    def comment(self):
        return f"COMMENT ON TABLE {self.chance.choice(self.tables)} IS {self.literal()}"

    def sql_function(self):
        return (f"CREATE FUNCTION {self.name('f')}(a int) RETURNS text LANGUAGE sql AS "
                + self.body_quote(f" SELECT {self.literal()}::text; -- ;\n SELECT 'x' || a; "))

    def plpgsql_function(self):
        inner = self.body_quote("select 1; -- '")
        return (f"CREATE OR REPLACE FUNCTION {self.name('p')}() RETURNS int AS{self.space()}"
                + self.body_quote(f"\nDECLARE x int := 0;\nBEGIN\n  IF x = 0 THEN EXECUTE {inner}; END IF;\n"
                                  f"  /* ; */ RAISE NOTICE {self.plain_literal()};\n  RETURN CASE WHEN x > 1 THEN 1 ELSE 2 END;\nEND;\n")
                + self.space() + "LANGUAGE plpgsql")

    def plain_literal(self):
        return "'" + self.trap().replace("%", "%%") + "'"

    def atomic_function(self):
        table = self.chance.choice(self.tables)
        return (f"CREATE FUNCTION {self.name('a')}() RETURNS bigint LANGUAGE sql{self.space()}BEGIN ATOMIC\n"
                f"  SELECT CASE WHEN count(*) > 1 THEN 1 ELSE 0 END FROM {table};\n"
                f"  SELECT count(*){self.space()}AS x FROM {table} WHERE note <> {self.literal()};\nEND")

    def trigger(self):
        table = self.chance.choice(self.tables)
        function = self.name("tf")
        return (f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
                + self.body_quote(" BEGIN NEW.note := NEW.note || ';'; RETURN NEW; END; ")
                + f";\nCREATE TRIGGER {self.name('tr')} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()")

    def rule(self):
        table = self.chance.choice(self.tables)
        return (f"CREATE RULE {self.name('r')} AS ON DELETE TO {table} DO ALSO (SELECT 1;{self.space()}"
                f"SELECT {self.literal()}::text)")

    def do_block(self):
        table = self.chance.choice(self.tables)
        self.count += 1
        return ("DO " + self.body_quote(f" BEGIN FOR i IN 1..2 LOOP INSERT INTO {table} (id, note) VALUES "
                                        f"({self.count}000 + i, {self.literal()}); END LOOP; END "))

    def types(self):
        return self.chance.choice([
            f"CREATE TYPE {self.name('e')} AS ENUM ('a;', '--b', {self.plain_enum()})",
            f"CREATE DOMAIN {self.name('d')} AS text CHECK (VALUE <> ';' AND VALUE !~ '^--')",
            f"CREATE TYPE {self.name('c')} AS (\"begin\" int, \"end\" text)",
            f"CREATE SEQUENCE {self.name('q')} START 7 INCREMENT 3"])

    def plain_enum(self):
        return "'" + self.chance.choice(["c", "d;e", "/*"]) + "'"

    def alter(self):
        table = self.chance.choice(self.tables)
        return f"ALTER TABLE {table} ADD COLUMN{self.space()}{self.name('col')} text DEFAULT {self.literal()}"

    def update(self):
        table = self.chance.choice(self.tables)
        return f"UPDATE {table} SET note = note || {self.literal()} WHERE id %{self.space()}2 = 0 AND id - -1 > 0"

    def select(self):
        return self.chance.choice([
            f"SELECT {self.literal()}::text AS begin_", "SELECT 1 AS \"begin\", 2 AS \"end\"", "SELECT 5 - -3, 4 /*;*/ / 2",
            "VALUES (1, ';'), (2, '--')",
            "WITH x AS (SELECT 1 AS n) SELECT CASE n WHEN 1 THEN ';' END FROM x"])

    def text(self):
        kinds = [self.insert, self.index, self.view, self.comment, self.sql_function, self.plpgsql_function,
                 self.atomic_function, self.trigger, self.rule, self.do_block, self.types, self.alter, self.update, self.select,
                 self.table]
        statements = [self.table()]
        statements += [self.chance.choice(kinds)() for _ in range(self.chance.randrange(4, 14))]
        out = ""
        for statement in statements:
            out += self.chance.choice(["", "", "-- a comment; with 'quotes\n", "/* ; /* nested */ ' */\n", ";;\n"])
            out += statement + self.chance.choice([";\n", " ;\n", ";", ";\n\n", "; -- end\n", "\n;\n", ";;\n"])
        if self.chance.randrange(3) == 0:
            out = out.rstrip().rstrip(";") if not out.rstrip().endswith("-- end") else out  # the last may lack its semicolon
        if self.chance.randrange(5) == 0:
            out = out.replace("\n", "\r\n")
        return out


def script(seed):
    return Script(seed).text()
