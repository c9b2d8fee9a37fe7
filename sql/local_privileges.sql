-- api local reads as the querying user, or as the owner of a view: privileges, row security, and no trick of a search path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
CREATE ROLE regress_imagecat_reader;
CREATE ROLE regress_imagecat_owner;
CREATE SCHEMA local_privileges;
GRANT USAGE ON SCHEMA local_privileges TO regress_imagecat_reader, regress_imagecat_owner;
SET search_path = local_privileges;
CREATE TABLE pictures (id text, name text, owner text, hidden boolean, tags text[]);
INSERT INTO pictures VALUES ('1', 'one', 'regress_imagecat_reader', false, '{a}'), ('2', 'two', 'regress_imagecat_owner', true, '{b}'),
	('3', 'three', 'regress_imagecat_owner', NULL, NULL);
CREATE SERVER local_privileges FOREIGN DATA WRAPPER imagecat
	OPTIONS (api 'local', relation 'local_privileges.pictures', semantics 'glance');
CREATE FOREIGN TABLE images (id text, name text, owner text, hidden boolean) SERVER local_privileges;
GRANT SELECT ON images TO regress_imagecat_reader, regress_imagecat_owner;
GRANT USAGE ON SCHEMA imagecat TO regress_imagecat_reader;
GRANT EXECUTE ON FUNCTION imagecat.list_images TO regress_imagecat_reader;

-- the foreign table's privileges are not the relation's
SET ROLE regress_imagecat_reader;
SELECT id FROM images;
SELECT id FROM imagecat.list_images('local_privileges');
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER local_privileges TO regress_imagecat_reader;
SET ROLE regress_imagecat_reader;
SELECT id FROM imagecat.list_images('local_privileges');
SELECT id FROM imagecat.list_images();
RESET ROLE;
GRANT SELECT (id, owner) ON pictures TO regress_imagecat_reader;
SET ROLE regress_imagecat_reader;
SELECT id FROM images ORDER BY id;
SELECT id FROM images WHERE name = 'one';
SELECT id FROM imagecat.list_images('local_privileges');
RESET ROLE;
GRANT SELECT ON pictures TO regress_imagecat_reader, regress_imagecat_owner;
SET ROLE regress_imagecat_reader;
SELECT id FROM images ORDER BY id;

-- semantics: hidden ones only when asked for; unknown is not hidden
SELECT id FROM imagecat.list_images('local_privileges') ORDER BY id;
SELECT id FROM imagecat.list_images('local_privileges', hidden => true) ORDER BY id;
SELECT id FROM imagecat.list_images('local_privileges', hidden => false) ORDER BY id;
SELECT id FROM imagecat.list_images('local_privileges', hidden => NULL) ORDER BY id;
RESET ROLE;

-- row security
ALTER TABLE pictures ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pictures USING (owner = current_user);
SET ROLE regress_imagecat_reader;
SELECT id FROM images ORDER BY id;
SELECT id FROM imagecat.list_images('local_privileges', hidden => false) ORDER BY id;
RESET ROLE;
SELECT id FROM images ORDER BY id;
SET row_security = off;
SET ROLE regress_imagecat_reader;
SELECT id FROM images ORDER BY id;
RESET ROLE;
RESET row_security;

-- a view reads as its owner, also from a cursor and again
CREATE VIEW theirs AS SELECT *, current_user AS reader FROM images;
ALTER VIEW theirs OWNER TO regress_imagecat_owner;
GRANT SELECT ON theirs TO regress_imagecat_reader;
SET ROLE regress_imagecat_reader;
SELECT id, reader FROM theirs ORDER BY id;
SELECT (SELECT count(*) FROM theirs t WHERE t.owner = v.owner) FROM (VALUES ('regress_imagecat_owner'), ('regress_imagecat_reader')) AS v (owner);
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT id FROM theirs;
FETCH 1 FROM c;
COMMIT;
FETCH ALL FROM c;
CLOSE c;
SELECT current_user;
RESET ROLE;
REVOKE SELECT ON pictures FROM regress_imagecat_owner;
SET ROLE regress_imagecat_reader;
SELECT id FROM theirs;
SELECT current_user;
RESET ROLE;
GRANT SELECT ON pictures TO regress_imagecat_owner;
CREATE VIEW invoked WITH (security_invoker) AS SELECT * FROM images;
ALTER VIEW invoked OWNER TO regress_imagecat_owner;
GRANT SELECT ON invoked TO regress_imagecat_reader;
SET ROLE regress_imagecat_reader;
SELECT id FROM invoked;
RESET ROLE;

-- a definer's function reads as the definer
CREATE FUNCTION defined() RETURNS SETOF text SECURITY DEFINER LANGUAGE sql AS 'SELECT id FROM local_privileges.images ORDER BY id';
ALTER FUNCTION defined() OWNER TO regress_imagecat_owner;
SET ROLE regress_imagecat_reader;
SELECT defined();
RESET ROLE;

-- row security is not told to a function that looks at rows
CREATE FUNCTION tell(text) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
SET ROLE regress_imagecat_reader;
SELECT id FROM images WHERE tell(id);
RESET ROLE;

-- a plan made for one user is not run for another
ALTER TABLE pictures DISABLE ROW LEVEL SECURITY;
PREPARE all_of_them AS SELECT count(*) FROM images;
EXECUTE all_of_them;
ALTER TABLE pictures ENABLE ROW LEVEL SECURITY;
SET ROLE regress_imagecat_reader;
EXECUTE all_of_them;
RESET ROLE;
EXECUTE all_of_them;
DEALLOCATE all_of_them;
ALTER TABLE pictures DISABLE ROW LEVEL SECURITY;

-- another's operators, functions and types, though they come first, are not used
CREATE SCHEMA evil;
CREATE FUNCTION evil.texts(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
CREATE FUNCTION evil.booleans(boolean, boolean) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
CREATE FUNCTION evil.arrays(text[], text[]) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
CREATE FUNCTION evil.strpos(text, text) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
CREATE FUNCTION evil.timezone(text, timestamp) RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.texts);
CREATE OPERATOR evil.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.texts);
CREATE OPERATOR evil.= (LEFTARG = boolean, RIGHTARG = boolean, FUNCTION = evil.booleans);
CREATE OPERATOR evil.@> (LEFTARG = text[], RIGHTARG = text[], FUNCTION = evil.arrays);
CREATE DOMAIN evil.text AS bytea;
CREATE DOMAIN evil.bool AS bytea;
SET search_path = evil, pg_catalog;
SELECT id FROM imagecat.list_images('local_privileges', name => 'one');
SELECT id FROM imagecat.list_images('local_privileges', name => 'in:one,two');
SELECT id FROM imagecat.list_images('local_privileges', name => '~n', hidden => false);
SELECT id FROM imagecat.list_images('local_privileges', name => '!one', hidden => true);
SELECT id FROM imagecat.list_images('local_privileges', tag => '{a}', hidden => false);
SELECT id FROM imagecat.list_images('local_privileges', hidden => true);
SELECT id FROM imagecat.list_images('local_privileges') ORDER BY id USING OPERATOR(pg_catalog.<);
SELECT id FROM local_privileges.images WHERE name OPERATOR(pg_catalog.=) 'one' AND NOT hidden;
RESET search_path;

SET client_min_messages = warning;
DROP SCHEMA local_privileges, evil CASCADE;
DROP SERVER local_privileges CASCADE;
REVOKE ALL ON SCHEMA imagecat FROM regress_imagecat_reader;
REVOKE ALL ON FUNCTION imagecat.list_images FROM regress_imagecat_reader;
DROP ROLE regress_imagecat_reader, regress_imagecat_owner;
