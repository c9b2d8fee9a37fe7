/*-------------------------------------------------------------------------
 *
 * params.h
 *	  From a filter to a query parameter.
 *
 * src/dialect/params.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_PARAMS_H
#define IMAGECAT_PARAMS_H

#include "dialect/dialect.h"

typedef struct RequestParam
{
	const char *key;
	const char *value;			/* not encoded */
} RequestParam;

extern RequestParam *imagecat_param(const char *key, const char *value);
extern bool imagecat_has_param(const List *params, const char *key);
extern size_t imagecat_params_length(const List *params);
extern const char *imagecat_list_item(const char *value);
extern const char *imagecat_list_value(const DialectParam *param,
									   const FilterValue *values, int count);
extern const DialectParam *imagecat_find_param(const Dialect *dialect,
											   int version,
											   const Filter *filter,
											   const char **value);
extern const char *imagecat_param_key(const DialectParam *param,
									  const Filter *filter);

#endif							/* IMAGECAT_PARAMS_H */
