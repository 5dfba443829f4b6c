#include "doctor/memberships.h"

#include <algorithm>

#include "doctor/wording.h"

namespace dunlin::doctor {
namespace {

std::string find_migrator(const Examination& at) {
  if (at.patient.migration && !at.patient.one_user()) {
    try {
      const std::string user = at.patient.migration->driver->describe(at.patient.migration->url).user;
      if (!user.empty() && user != at.user()) return user;
    } catch (const Failure&) {
      // A URL that is malformed has been told of.
    }
  }
  const Rows rows = at.query(fmt::format(
      "SELECT (SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c WHERE c.oid = "
      "pg_catalog.to_regclass({})), pg_catalog.pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d WHERE "
      "d.datname = pg_catalog.current_database()",
      at.history.exists ? text_of(name_of(at.history.name)) : "NULL"));
  for (std::size_t i = 0; !rows.empty() && i < 2; ++i) {
    const std::string& owner = column(rows.front(), i);
    if (!owner.empty() && owner != at.user()) return owner;
  }
  return {};
}

}  // namespace

Memberships::Memberships(const Examination& at) : user_(at.user()), migrator_(find_migrator(at)) {
  // Who owns the database is in pg_database_owner without any row that says so.
  const Rows rows = at.query(fmt::format(
      "WITH RECURSIVE all_of AS (SELECT pg_catalog.pg_get_userbyid(m.roleid) AS role, "
      "pg_catalog.pg_get_userbyid(m.member) AS member FROM pg_catalog.pg_auth_members m UNION SELECT "
      "'pg_database_owner', pg_catalog.pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d WHERE d.datname = "
      "pg_catalog.current_database()), up AS (SELECT a.role, a.member FROM all_of a WHERE a.member IN ({}, {}) UNION "
      "SELECT a.role, a.member FROM all_of a JOIN up ON a.member = up.role) SELECT up.role, up.member FROM up ORDER BY "
      "1, 2",
      text_of(user_), text_of(migrator_)));
  for (const Row& row : rows) all_.push_back({column(row, 0), column(row, 1)});
  of_user_ = closure(user_);
  if (!migrator_.empty()) of_migrator_ = closure(migrator_);
}

std::set<std::string> Memberships::closure(const std::string& start) const {
  std::set<std::string> found{start};
  for (bool more = true; more;) {
    more = false;
    for (const Membership& one : all_) {
      if (found.contains(one.member) && found.insert(one.role).second) more = true;
    }
  }
  return found;
}

std::string Memberships::migrator_name() const {
  return migrator_.empty() ? "..." : name_of(migrator_);
}

std::vector<Membership> Memberships::bridges() const {
  std::vector<Membership> found;
  for (const Membership& one : all_) {
    const bool from_outside = user_is(one.member) && !shared(one.member);
    // Nobody can be put out of pg_database_owner: another owner is what that takes.
    if (shared(one.role) && from_outside && one.role != "pg_database_owner") found.push_back(one);
  }
  return found;
}

bool Memberships::leads_to(const Membership& membership, const std::string& role) const {
  return closure(membership.role).contains(role);
}

std::vector<std::string> Memberships::ways_to(const std::string& role) const {
  std::vector<std::string> found;
  for (const Membership& one : all_) {
    if (one.member == user_ && closure(one.role).contains(role)) found.push_back(one.role);
  }
  return found;
}

std::vector<std::string> Memberships::roles_of_its_own() const {
  std::vector<std::string> own;
  std::ranges::copy_if(of_user_, std::back_inserter(own), [&](const std::string& role) { return !shared(role); });
  return own;
}

}  // namespace dunlin::doctor
