-- Options are refused when they are set: unknown with the nearest name, bad with what is good, missing, forbidden; no secret is repeated.
\getenv url IMAGECAT_TEST_URL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
CREATE SCHEMA options;
SET search_path = options;

-- a server's options: what it needs
CREATE SERVER options FOREIGN DATA WRAPPER imagecat;
CREATE SERVER options FOREIGN DATA WRAPPER imagecat OPTIONS (url 'http://images.example.com');
CREATE SERVER options FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance');
CREATE SERVER options FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glanse', url 'http://images.example.com');
CREATE SERVER options FOREIGN DATA WRAPPER imagecat OPTIONS (api 'Glance', url 'http://images.example.com');
CREATE SERVER options FOREIGN DATA WRAPPER imagecat OPTIONS (api '', url 'http://images.example.com');
CREATE SERVER options TYPE 'glance' VERSION '2' FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url');
CREATE SERVER options_local FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local');
ALTER SERVER options OPTIONS (DROP api);
ALTER SERVER options OPTIONS (DROP url);
ALTER SERVER options OPTIONS (SET api 'local');
ALTER SERVER options VERSION '2.17';

-- unknown, or of another kind of server
ALTER SERVER options OPTIONS (ADD page_sise '5');
ALTER SERVER options OPTIONS (ADD "Url" 'http://images.example.com');
ALTER SERVER options OPTIONS (ADD entirely_different_from_all_of_them 'x');
ALTER SERVER options OPTIONS (ADD columns 'native');
ALTER SERVER options OPTIONS (ADD api 'glance');
ALTER SERVER options OPTIONS (ADD relation 'imagecat.images');
ALTER SERVER options OPTIONS (ADD semantics 'glance');
ALTER SERVER options_local OPTIONS (ADD url 'http://images.example.com');
ALTER SERVER options_local OPTIONS (ADD page_size '5');
ALTER SERVER options_local OPTIONS (ADD auth 'none');
ALTER SERVER options_local OPTIONS (ADD tls_verify 'on');
ALTER SERVER options_local OPTIONS (ADD semantics 'local');
ALTER SERVER options_local OPTIONS (ADD semantics 'glnace');
ALTER SERVER options_local OPTIONS (ADD semantics 'glance', ADD estimated_images '5', ADD request_cost '0');

-- addresses
ALTER SERVER options OPTIONS (SET url '');
ALTER SERVER options OPTIONS (SET url 'images.example.com');
ALTER SERVER options OPTIONS (SET url 'ftp://images.example.com');
ALTER SERVER options OPTIONS (SET url 'http://');
ALTER SERVER options OPTIONS (SET url 'http://images.example.com:99999');
ALTER SERVER options OPTIONS (SET url 'http://images example.com');
ALTER SERVER options OPTIONS (SET url 'http://images.example.com/?a=b');
ALTER SERVER options OPTIONS (SET url 'http://images.example.com/#a');
ALTER SERVER options OPTIONS (SET url E'http://images.example.com/\r\nX-Header: x');
ALTER SERVER options OPTIONS (SET url 'http://user:secret@images.example.com');
ALTER SERVER options OPTIONS (SET url 'HTTPS://images.example.com/image/v2/');
ALTER SERVER options OPTIONS (SET url 'http://[::1]:9292');
ALTER SERVER options OPTIONS (SET url :'url');

-- numbers, times and sizes; these need units
ALTER SERVER options OPTIONS (ADD page_size '0');
ALTER SERVER options OPTIONS (ADD page_size '100001');
ALTER SERVER options OPTIONS (ADD page_size '1e3');
ALTER SERVER options OPTIONS (ADD page_size '');
ALTER SERVER options OPTIONS (ADD page_size 'many');
ALTER SERVER options OPTIONS (ADD max_retries '-1');
ALTER SERVER options OPTIONS (ADD max_retries '101');
ALTER SERVER options OPTIONS (ADD connect_timeout '10');
ALTER SERVER options OPTIONS (ADD connect_timeout '1.5');
ALTER SERVER options OPTIONS (ADD connect_timeout '0s');
ALTER SERVER options OPTIONS (ADD connect_timeout '-5s');
ALTER SERVER options OPTIONS (ADD request_timeout '5 parsecs');
ALTER SERVER options OPTIONS (ADD request_timeout '1kB');
ALTER SERVER options OPTIONS (ADD max_response_size '268435456');
ALTER SERVER options OPTIONS (ADD max_response_size '0MB');
ALTER SERVER options OPTIONS (ADD max_response_size '3TB');
ALTER SERVER options OPTIONS (ADD max_response_size '10s');
ALTER SERVER options OPTIONS (ADD estimated_images '-1');
ALTER SERVER options OPTIONS (ADD estimated_images 'NaN');
ALTER SERVER options OPTIONS (ADD request_cost 'inf');
ALTER SERVER options OPTIONS (ADD request_cost 'dear');
ALTER SERVER options OPTIONS (ADD page_size '100000', ADD max_retries '0', ADD connect_timeout '500ms', ADD request_timeout '1.5 min',
	ADD max_response_size '1 GB', ADD estimated_images '2e5', ADD request_cost '0.5');
SELECT srvname, srvtype, srvversion, srvoptions[3:] AS options FROM pg_foreign_server WHERE srvname LIKE 'options%' ORDER BY srvname;

-- words
ALTER SERVER options OPTIONS (ADD auth 'tokn');
ALTER SERVER options OPTIONS (ADD auth 'None');
ALTER SERVER options OPTIONS (ADD tls_verify 'maybe');
ALTER SERVER options OPTIONS (ADD ca_file '');
ALTER SERVER options OPTIONS (ADD proxy '');
ALTER SERVER options OPTIONS (ADD client_cert '/cert.pem');
ALTER SERVER options OPTIONS (ADD client_key '/key.pem');

-- a relation has a schema
ALTER SERVER options_local OPTIONS (ADD relation 'images');
ALTER SERVER options_local OPTIONS (ADD relation 'db.imagecat.images');
ALTER SERVER options_local OPTIONS (ADD relation 'imagecat.');
ALTER SERVER options_local OPTIONS (ADD relation '"imagecat.images"');
ALTER SERVER options_local OPTIONS (ADD relation 'Nowhere."No table"');

-- a user mapping's: what is wrong with a secret is told, but not the secret
CREATE USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (token '');
CREATE USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (token 'two secrets');
CREATE USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (token E'secret\nX-Header: x');
CREATE USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (token 'sécret');
CREATE USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (tokn 'secret');
CREATE USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (url 'secret');
ALTER SERVER options OPTIONS (ADD token 'secret');
CREATE USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (token 'secret');
ALTER USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (SET token 'another secret');
ALTER USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (SET token 'secret2');
CREATE USER MAPPING FOR PUBLIC SERVER options;

-- a table's, a column's, the wrapper's
CREATE FOREIGN TABLE bad (id text) SERVER options OPTIONS (columns 'cannonical');
CREATE FOREIGN TABLE bad (id text) SERVER options OPTIONS (column 'native');
CREATE FOREIGN TABLE bad (id text) SERVER options OPTIONS (token 'secret');
CREATE FOREIGN TABLE bad (id text OPTIONS (feild 'id')) SERVER options;
CREATE FOREIGN TABLE bad (id text OPTIONS (column_name 'id')) SERVER options;
CREATE FOREIGN TABLE images (id text) SERVER options OPTIONS (columns 'native');
ALTER FOREIGN TABLE images OPTIONS (SET columns 'all');
ALTER FOREIGN TABLE images ALTER id OPTIONS (ADD fields 'id');
ALTER FOREIGN DATA WRAPPER imagecat OPTIONS (ADD api 'glance');

-- what superusers alone may set
CREATE ROLE regress_imagecat_user;
GRANT USAGE ON FOREIGN DATA WRAPPER imagecat TO regress_imagecat_user;
GRANT ALL ON SCHEMA options TO regress_imagecat_user;
SET ROLE regress_imagecat_user;
CREATE SERVER options_theirs FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url 'https://images.example.com', tls_verify 'off');
CREATE SERVER options_theirs FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url 'https://images.example.com', page_size '10');
ALTER SERVER options_theirs OPTIONS (ADD ca_file '/etc/passwd');
ALTER SERVER options_theirs OPTIONS (ADD client_cert '/cert.pem', ADD client_key '/key.pem');
ALTER SERVER options_theirs OPTIONS (ADD client_key '/key.pem');
ALTER SERVER options_theirs OPTIONS (ADD proxy 'http://proxy.example.com');
ALTER SERVER options_theirs OPTIONS (ADD tls_verify 'true');
-- nor change anything beside them
RESET ROLE;
ALTER SERVER options_theirs OPTIONS (ADD proxy 'http://proxy.example.com', ADD tls_verify 'off');
SET ROLE regress_imagecat_user;
ALTER SERVER options_theirs OPTIONS (SET page_size '20');
ALTER SERVER options_theirs OPTIONS (SET url 'https://images.example.org');
ALTER SERVER options_theirs OPTIONS (DROP proxy);
ALTER SERVER options_theirs OPTIONS (DROP tls_verify, DROP proxy);
ALTER SERVER options_theirs OPTIONS (SET url 'https://images.example.org');
CREATE USER MAPPING FOR regress_imagecat_user SERVER options_theirs OPTIONS (token 'secret3');
DROP SERVER options_theirs CASCADE;
RESET ROLE;

-- credentials: wrong ones, none, PUBLIC's; without the services' own words
CREATE FUNCTION fails(statement text, OUT state text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	hint := replace(hint, format('"%s"', current_user), 'the user');
END $$;
SELECT * FROM fails($$SELECT count(*) FROM images$$);
ALTER USER MAPPING FOR CURRENT_USER SERVER options OPTIONS (SET token 'u-t1:t1:member');
SELECT count(*) FROM images WHERE id = '00ec27ee-6a85-490a-b393-4a698bc10fae';
DROP USER MAPPING FOR CURRENT_USER SERVER options;
SELECT * FROM fails($$SELECT count(*) FROM images$$);
ALTER SERVER options OPTIONS (ADD auth 'token');
SELECT * FROM fails($$SELECT count(*) FROM images$$);
SELECT * FROM fails($$SELECT count(*) FROM imagecat.list_images('options')$$);
-- planning needs none
EXPLAIN (COSTS OFF) SELECT id FROM images;
ALTER USER MAPPING FOR PUBLIC SERVER options OPTIONS (ADD token 'u-t1:t1:member');
SELECT count(*) FROM images WHERE id = '00ec27ee-6a85-490a-b393-4a698bc10fae';
-- auth none sends no token, though there is one
ALTER SERVER options OPTIONS (SET auth 'none');
SELECT * FROM fails($$SELECT count(*) FROM images$$);

-- nobody there
ALTER SERVER options OPTIONS (SET url 'http://127.0.0.1:1', SET max_retries '0');
SELECT * FROM fails($$SELECT count(*) FROM images$$);

SET client_min_messages = warning;
DROP SCHEMA options CASCADE;
DROP SERVER options, options_local CASCADE;
REVOKE ALL ON FOREIGN DATA WRAPPER imagecat FROM regress_imagecat_user;
DROP ROLE regress_imagecat_user;
