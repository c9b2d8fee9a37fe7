/*-------------------------------------------------------------------------
 *
 * options.c
 *	  The validator: options that are unknown, missing or bad are refused
 *	  when they are set, not when a query runs.
 *
 * src/sql/options.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/reloptions.h"
#include "auth/auth.h"
#include "auth/private_key.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "dialect/dialect.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "sql/options.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"
#include "wire/url.h"

/*
 * A check gives NULL for a good value, else what is accepted instead: the
 * text of a hint.
 */
typedef const char *(*OptionCheck) (const char *value);

typedef enum OptionUse
{
	USE_ANY,
	USE_SERVICE,				/* not with api local */
	USE_LOCAL					/* only with api local */
} OptionUse;

typedef struct OptionRule
{
	const char *name;
	Oid			catalog;		/* what it is an option of */
	OptionCheck check;
	OptionUse	use;
	bool		superuser;		/* only superusers may set it */
} OptionRule;

/* The words, as a list to choose from: "a, b, c". */
static const char *
joined(const List *words)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, words)
		appendStringInfo(&list, "%s%s", list.len > 0 ? ", " : "",
						 (const char *) lfirst(lc));
	return list.data;
}

/* The word of the list that is most like this one, or NULL if none is. */
const char *
imagecat_closest(const char *word, const List *words)
{
	const char *closest = NULL;
	int			best = Max((int) strlen(word) / 2, 1);
	ListCell   *lc;

	/* The distance is not defined for longer ones. */
	if (strlen(word) > 255)
		return NULL;
	foreach(lc, words)
	{
		const char *candidate = lfirst(lc);
		int			distance = varstr_levenshtein_less_equal(word, strlen(word),
															 candidate, strlen(candidate),
															 1, 1, 1, best, false);

		if (distance <= best && (closest == NULL || distance < best))
		{
			closest = candidate;
			best = distance;
		}
	}
	return closest;
}

/* The hint for a value that is none of these words. */
static const char *
choose(const char *value, const List *words)
{
	const char *closest = imagecat_closest(value, words);

	if (closest != NULL)
		return psprintf("Perhaps you meant \"%s\". Valid values are: %s.",
						closest, joined(words));
	return psprintf("Valid values are: %s.", joined(words));
}

static const char *
check_word(const char *value, List *words)
{
	ListCell   *lc;

	foreach(lc, words)
		if (strcmp(lfirst(lc), value) == 0)
			return NULL;
	return choose(value, words);
}

static List *
dialect_names(void)
{
	List	   *names = NIL;

	for (const Dialect *const *dialect = imagecat_dialects(); *dialect; dialect++)
		names = lappend(names, (char *) (*dialect)->name);
	return names;
}

static const char *
check_api(const char *value)
{
	return check_word(value, lappend(dialect_names(), "local"));
}

static const char *
check_semantics(const char *value)
{
	return check_word(value, dialect_names());
}

static const char *
check_auth(const char *value)
{
	List	   *names = NIL;

	for (const char *const *name = imagecat_auth_names(); *name != NULL; name++)
		names = lappend(names, (char *) *name);
	return check_word(value, names);
}

static const char *
check_interface(const char *value)
{
	return check_word(value, list_make3("public", "internal", "admin"));
}

static const char *
check_on_error(const char *value)
{
	return check_word(value, list_make2("error", "warn"));
}

static const char *
check_columns(const char *value)
{
	return check_word(value, list_make2("canonical", "native"));
}

static const char *
check_base_url(const char *value, const char *example)
{
	const char *problem = imagecat_check_url(value);

	return problem ? psprintf("%s An example is \"%s\".", problem, example) : NULL;
}

static const char *
check_url(const char *value)
{
	return check_base_url(value, "https://images.example.com:9292");
}

static const char *
check_auth_url(const char *value)
{
	return check_base_url(value, "https://identity.example.com:5000/v3");
}

static const char *
check_number(const char *value, int lowest, int highest)
{
	int			number;

	if (value[strspn(value, "0123456789")] == '\0' &&
		parse_int(value, &number, 0, NULL) && number >= lowest && number <= highest)
		return NULL;
	return psprintf("A number from %d to %d is accepted.", lowest, highest);
}

static const char *
check_page_size(const char *value)
{
	return check_number(value, 1, 100000);
}

static const char *
check_retries(const char *value)
{
	return check_number(value, 0, 100);
}

/* A time such as "10s" in milliseconds; 0 if it is none, or has no unit. */
int
imagecat_milliseconds(const char *value)
{
	int			milliseconds;

	if (value[strspn(value, "0123456789. ")] == '\0')
		return 0;
	return parse_int(value, &milliseconds, GUC_UNIT_MS, NULL) ? milliseconds : 0;
}

static const char *
check_time(const char *value)
{
	return imagecat_milliseconds(value) > 0 ? NULL :
		"A time such as \"500ms\", \"10s\" or \"1min\" is accepted.";
}

/* A size such as "256MB" in bytes; 0 if it is none, or has no unit. */
int64
imagecat_bytes(const char *value)
{
	int			kilobytes;

	if (value[strspn(value, "0123456789. ")] == '\0')
		return 0;
	return parse_int(value, &kilobytes, GUC_UNIT_KB, NULL) ?
		(int64) kilobytes * 1024 : 0;
}

static const char *
check_size(const char *value)
{
	return imagecat_bytes(value) > 0 ? NULL :
		"A size such as \"64kB\" or \"256MB\" is accepted.";
}

static const char *
check_real(const char *value)
{
	double		number;

	return parse_real(value, &number, 0, NULL) && number >= 0 && !isinf(number) ?
		NULL : "A number that is not negative is accepted.";
}

static const char *
check_bool(const char *value)
{
	bool		truth;

	return parse_bool(value, &truth) ? NULL : "Valid values are: true, false.";
}

static const char *
check_not_empty(const char *value)
{
	return value[0] != '\0' ? NULL : "It may not be empty.";
}

/* What goes into a header must not end it. */
static const char *
check_token(const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return "It may only have printable ASCII characters.";
	return *value != '\0' ? NULL : "It may not be empty.";
}

static const char *
check_filled(const char *value)
{
	return *value != '\0' ? NULL : "It may not be empty.";
}

/* What stands between quotes in a header or a message. */
static const char *
check_quoted(const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
			return "It may only have printable ASCII characters, but for quotes and backslashes.";
	return check_filled(value);
}

/* An account, or an account and one of its users. */
static const char *
check_login(const char *value)
{
	const char *slash = strchr(value, '/');

	if (slash != NULL && (slash == value || slash[1] == '\0' ||
						  strchr(slash + 1, '/') != NULL))
		return "The name of an account is accepted, or account/user.";
	return check_quoted(value);
}

static const char *
check_private_key(const char *value)
{
	return imagecat_key_problem(value);
}

static const char *
check_relation(const char *value)
{
	List	   *names;

	if (!SplitIdentifierString(pstrdup(value), '.', &names) ||
		list_length(names) != 2)
		return "The name of a table or view with its schema is accepted, such as \"imagecat.images\".";
	return NULL;
}

static const char *
check_field(const char *value)
{
	for (const char *p = value; value[0] == '/' && *p != '\0'; p++)
		if (p[0] == '~' && p[1] != '0' && p[1] != '1')
			return "In a JSON pointer \"~\" is written \"~0\", and \"/\" in a name \"~1\".";
	return value[0] != '\0' && strcmp(value, "/") != 0 ? NULL :
		"The name of a member is accepted, or a JSON pointer such as \"/server/id\".";
}

static const OptionRule rules[] = {
	{"api", ForeignServerRelationId, check_api},
	{"url", ForeignServerRelationId, check_url, USE_SERVICE},
	{"auth", ForeignServerRelationId, check_auth, USE_SERVICE},
	{"auth_url", ForeignServerRelationId, check_auth_url, USE_SERVICE},
	{"region", ForeignServerRelationId, check_quoted, USE_SERVICE},
	{"interface", ForeignServerRelationId, check_interface, USE_SERVICE},
	{"service_type", ForeignServerRelationId, check_quoted, USE_SERVICE},
	{"service_name", ForeignServerRelationId, check_quoted, USE_SERVICE},
	{"page_size", ForeignServerRelationId, check_page_size, USE_SERVICE},
	{"connect_timeout", ForeignServerRelationId, check_time, USE_SERVICE},
	{"request_timeout", ForeignServerRelationId, check_time, USE_SERVICE},
	{"max_retries", ForeignServerRelationId, check_retries, USE_SERVICE},
	{"max_response_size", ForeignServerRelationId, check_size, USE_SERVICE},
	{"on_error", ForeignServerRelationId, check_on_error, USE_SERVICE},
	{"ca_file", ForeignServerRelationId, check_not_empty, USE_SERVICE, true},
	{"client_cert", ForeignServerRelationId, check_not_empty, USE_SERVICE, true},
	{"client_key", ForeignServerRelationId, check_not_empty, USE_SERVICE, true},
	{"tls_verify", ForeignServerRelationId, check_bool, USE_SERVICE, true},
	{"proxy", ForeignServerRelationId, check_not_empty, USE_SERVICE, true},
	{"estimated_images", ForeignServerRelationId, check_real},
	{"request_cost", ForeignServerRelationId, check_real},
	{"relation", ForeignServerRelationId, check_relation, USE_LOCAL},
	{"semantics", ForeignServerRelationId, check_semantics, USE_LOCAL},
	{"token", UserMappingRelationId, check_token},
	{"username", UserMappingRelationId, check_filled},
	{"user_id", UserMappingRelationId, check_filled},
	{"password", UserMappingRelationId, check_filled},
	{"user_domain_name", UserMappingRelationId, check_filled},
	{"user_domain_id", UserMappingRelationId, check_filled},
	{"project_name", UserMappingRelationId, check_filled},
	{"project_id", UserMappingRelationId, check_token},
	{"project_domain_name", UserMappingRelationId, check_filled},
	{"project_domain_id", UserMappingRelationId, check_filled},
	{"domain_name", UserMappingRelationId, check_filled},
	{"domain_id", UserMappingRelationId, check_filled},
	{"application_credential_id", UserMappingRelationId, check_filled},
	{"application_credential_name", UserMappingRelationId, check_filled},
	{"application_credential_secret", UserMappingRelationId, check_filled},
	{"api_key", UserMappingRelationId, check_filled},
	{"login", UserMappingRelationId, check_login},
	{"key_id", UserMappingRelationId, check_quoted},
	{"private_key", UserMappingRelationId, check_private_key},
	{"access_key", UserMappingRelationId, check_quoted},
	{"secret_key", UserMappingRelationId, check_filled},
	{"security_token", UserMappingRelationId, check_token},
	{"columns", ForeignTableRelationId, check_columns},
	{"field", AttributeRelationId, check_field},
};

static const OptionRule *
find_rule(Oid catalog, const char *name)
{
	List	   *names = NIL;
	const char *closest;

	for (int i = 0; i < (int) lengthof(rules); i++)
	{
		if (rules[i].catalog != catalog)
			continue;
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
		names = lappend(names, (char *) rules[i].name);
	}
	closest = imagecat_closest(name, names);
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 names == NIL ?
			 errhint("There are no valid options in this context.") :
			 closest != NULL ?
			 errhint("Perhaps you meant the option \"%s\". Valid options in this context are: %s.",
					 closest, joined(names)) :
			 errhint("Valid options in this context are: %s.", joined(names))));
	return NULL;
}

/* The value of an option in a list of DefElem, or NULL. */
const char *
imagecat_option(const List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);

		if (strcmp(option->defname, name) == 0)
			return defGetString(option);
	}
	return NULL;
}

static void
require(const List *options, const char *name, const char *hint)
{
	if (imagecat_option(options, name) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"%s\" is required", name),
				 errhint("%s", hint)));
}

static bool
is_any(const char *value, const char *const *words)
{
	for (; value != NULL && *words != NULL; words++)
		if (strcmp(value, *words) == 0)
			return true;
	return false;
}

/* Where the service is: an address, or a catalog that has it. */
static void
check_address(const List *options)
{
	static const char *const without_catalog[] = {
		"none", "token", "http_signature", "aksk", NULL
	};
	const char *auth = imagecat_option(options, "auth");
	const Dialect *dialect = imagecat_dialect(imagecat_option(options, "api"));
	bool		rackspace = auth != NULL && strcmp(auth, "rackspace") == 0;

	if (auth != NULL && strcmp(auth, "keystone") == 0)
		require(options, "auth_url", "It is the address of the identity service.");
	if (is_any(auth, without_catalog))
		require(options, "url",
				psprintf("It is the base URL of the service; auth \"%s\" has no service catalog to look it up in.",
						 auth));
	else if (dialect->service_type == NULL)
		require(options, "url", "It is the base URL of the service.");
	else if (imagecat_option(options, "auth_url") == NULL && !rackspace)
		require(options, "url",
				"It is the base URL of the service. With \"auth_url\" the service catalog tells it.");
}

/* What a server's options mean together. */
static void
check_server(const List *options)
{
	const char *api = imagecat_option(options, "api");
	bool		is_local;

	require(options, "api",
			psprintf("It names the API that the service speaks: %s, local.",
					 joined(dialect_names())));
	is_local = strcmp(api, "local") == 0;
	if (!is_local)
		check_address(options);
	for (int i = 0; i < (int) lengthof(rules); i++)
		if (imagecat_option(options, rules[i].name) != NULL &&
			rules[i].use == (is_local ? USE_SERVICE : USE_LOCAL))
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("option \"%s\" has no meaning with api \"%s\"",
							rules[i].name, api),
					 is_local ?
					 errhint("It is for services, and api local reads a relation of this database.") :
					 errhint("It is for api local.")));
	if ((imagecat_option(options, "client_cert") == NULL) !=
		(imagecat_option(options, "client_key") == NULL))
		require(options, imagecat_option(options, "client_cert") ?
				"client_key" : "client_cert",
				"A client certificate and its key go together.");
}

/* Credentials that are of no use without one of the others. */
static const struct
{
	const char *name;
	const char *needs[4];
}			needs[] = {
	{"username", {"password", "api_key", "application_credential_secret"}},
	{"user_id", {"password", "application_credential_secret"}},
	{"password", {"username", "user_id"}},
	{"api_key", {"username"}},
	{"application_credential_id", {"application_credential_secret"}},
	{"application_credential_name", {"application_credential_secret"}},
	{"application_credential_secret", {"application_credential_id", "application_credential_name"}},
	{"login", {"private_key"}},
	{"private_key", {"login"}},
	{"key_id", {"private_key"}},
	{"access_key", {"secret_key"}},
	{"secret_key", {"access_key"}},
	{"security_token", {"access_key"}},
};

/* Each of these is a way to sign in: there can be one. */
static const char *const secrets[] = {
	"token", "password", "application_credential_secret", "api_key",
	"private_key", "access_key"
};

static void
refuse_both(const char *one, const char *other, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("options \"%s\" and \"%s\" exclude each other", one, other),
			 errhint("%s", hint)));
}

/* What a user mapping's options mean together. */
static void
check_mapping(const List *options)
{
	static const char *const scopes[] = {
		"project_name", "project_id", "domain_name", "domain_id"
	};
	const char *secret = NULL;

	for (int i = 0; i < (int) lengthof(needs); i++)
	{
		bool		found = imagecat_option(options, needs[i].name) == NULL;
		List	   *names = NIL;

		for (const char *const *name = needs[i].needs; *name != NULL; name++)
		{
			found = found || imagecat_option(options, *name) != NULL;
			names = lappend(names, (char *) *name);
		}
		if (!found)
			require(options, linitial(names),
					list_length(names) == 1 ?
					psprintf("The option \"%s\" goes with it.", needs[i].name) :
					psprintf("The option \"%s\" goes with one of: %s.",
							 needs[i].name, joined(names)));
	}
	for (int i = 0; i < (int) lengthof(secrets); i++)
	{
		if (imagecat_option(options, secrets[i]) == NULL)
			continue;
		if (secret != NULL)
			refuse_both(secret, secrets[i], "A user mapping has one way to sign in.");
		secret = secrets[i];
	}
	if (imagecat_option(options, "application_credential_secret") == NULL)
		return;
	if (imagecat_option(options, "application_credential_id") == NULL &&
		imagecat_option(options, "user_id") == NULL)
		require(options, "username",
				"The name of an application credential is unique among those of its user; its id needs no user.");
	for (int i = 0; i < (int) lengthof(scopes); i++)
		if (imagecat_option(options, scopes[i]) != NULL)
			refuse_both("application_credential_secret", scopes[i],
						"An application credential is good for the project that it was made in, and no other.");
}

PG_FUNCTION_INFO_V1(imagecat_fdw_validator);

/*
 * Checks a list of options for a catalog.  Raises
 * ERRCODE_FDW_INVALID_OPTION_NAME, ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE,
 * ERRCODE_FDW_OPTION_NAME_NOT_FOUND or ERRCODE_INSUFFICIENT_PRIVILEGE.
 */
Datum
imagecat_fdw_validator(PG_FUNCTION_ARGS)
{
	List	   *options = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);
		const OptionRule *rule = find_rule(catalog, option->defname);
		const char *value = defGetString(option);
		const char *hint = rule->check ? rule->check(value) : NULL;

		if (rule->superuser && !superuser())
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("only superusers may set the option \"%s\"", rule->name)));

		/* A credential is not repeated, not even a bad or a misplaced one. */
		if (hint != NULL && (catalog == UserMappingRelationId ||
							 strchr(value, '@') != NULL))
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("invalid value for option \"%s\"", rule->name),
					 errhint("%s", hint)));
		if (hint != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("invalid value for option \"%s\": \"%s\"",
							rule->name, value),
					 errhint("%s", hint)));
	}
	if (catalog == ForeignServerRelationId)
		check_server(options);
	if (catalog == UserMappingRelationId)
		check_mapping(options);
	PG_RETURN_VOID();
}
