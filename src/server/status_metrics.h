// What `/metrics` says of the database: its schema, how it answers, its copies, the other services.
#pragma once

#include <vector>

#include "base/exposition.h"
#include "server/database_look.h"
#include "server/named_check.h"

namespace dunlin::server {

// `database` is the label of every sample about it.
void write_status_metrics(Exposition&, std::string_view database, const DatabaseLook&);
void write_check_metrics(Exposition&, const std::vector<NamedCheck>&, const std::vector<CheckAnswer>&);

}  // namespace dunlin::server
