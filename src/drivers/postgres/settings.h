// The session settings that dunlin depends on, and the ways in which they reach the server.
//
// Where the server takes them with the connection (startup options), they survive a migration's RESET ALL and cost
// nothing afterwards. Where a pooler refuses or drops startup options they are set by statements: for the session, or
// behind a transaction pooler inside each transaction only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dunlin/driver.h"

namespace dunlin::postgres {

struct Setting {
  std::string name;
  std::string value;
  // Server versions before this do not know it, and refuse a connection that names it.
  int since = 0;
};

// Timeouts that would kill us, limits the user asked for, and how soon the server notices that we are gone.
std::vector<Setting> wanted_settings(const SessionOptions&);

// The `options` parameter: the user's own first, then ours and a mark to see that they arrived.
std::string startup_options(const std::vector<Setting>&, const std::string& users_own);
inline constexpr std::string_view kArrivedMark = "dunlin.startup";

std::string set_sql(const Setting&, bool local);

}  // namespace dunlin::postgres
