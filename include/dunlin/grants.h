// Which database users get what on everything that migrations make.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dunlin/error.h"

namespace dunlin {

enum class RoleAccess {
  read,        // SELECT
  read_write,  // SELECT, INSERT, UPDATE, DELETE; the use of sequences
};

struct RoleGrant {
  std::string role;  // as the server spells it, unquoted
  RoleAccess access = RoleAccess::read_write;
  // Where it was asked for; may be empty.
  SourcePosition where;
};

// How a server is told. All empty where there are no roles, or nobody is to be granted anything.
struct GrantScript {
  // Once, before the first migration: what the user who migrates makes from then on belongs to the roles too. Does no
  // harm when it is run again.
  std::vector<std::string> before;
  // All of that holds already.
  bool in_place = true;
  // For dunlin's own tables, in the transaction that makes them: the roles may read them and nothing else.
  std::vector<std::string> on_history;
  std::vector<std::string> on_journal;
  // In the transaction of each migration, after its statements: what it made for an owner that `before` does not cover.
  std::vector<std::string> after;
};

const char* to_string(RoleAccess access) noexcept;

}  // namespace dunlin
