// Database URLs in the spellings that teams already have, as libpq's parameters.
//
// Understood: what libpq understands (URI and keyword form, several hosts, sockets, service files; unset ones come from
// PG* variables), the schemes of pgx, SQLAlchemy and JDBC, sqlx's spellings of the TLS parameters, and parameters that
// only tune another client's pool or statement cache, which mean nothing here.
#pragma once

#include <string>

#include "drivers/postgres/parameters.h"
#include "dunlin/server_info.h"

namespace dunlin::postgres {

// Throws Failure (usage); its message names a parameter at most, never a value.
Parameters parse_url(const std::string& url);

// Where a connection with these parameters would go, libpq's defaults and PG* variables included.
ServerInfo describe(const Parameters&);

}  // namespace dunlin::postgres
