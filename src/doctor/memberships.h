// The roles that the application's user is in, and which of them the migration user has, too. A right that comes
// through one of those cannot be taken from the role, the migration user would lose it: the membership has to go.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "doctor/examination.h"

namespace dunlin::doctor {

struct Membership {
  std::string role;
  std::string member;
};

class Memberships {
 public:
  // Asks the application's connection.
  explicit Memberships(const Examination&);

  // Who migrates: by the URL, or else who owns the history, or else the database; empty where nobody knows.
  const std::string& migrator() const { return migrator_; }
  // Quoted, for a fix; "..." where nobody knows.
  std::string migrator_name() const;

  bool user_is(const std::string& role) const { return of_user_.contains(role); }
  bool migrator_is(const std::string& role) const { return of_migrator_.contains(role); }
  // The migration user has what this role has, and the application's user has it through the same role.
  bool shared(const std::string& role) const { return role != user_ && user_is(role) && migrator_is(role); }
  // What brings the user among the migration user's roles.
  std::vector<Membership> bridges() const;
  bool leads_to(const Membership&, const std::string& role) const;
  // The user's own memberships that lead to `role`.
  std::vector<std::string> ways_to(const std::string& role) const;
  // The user and its roles without those that it shares.
  std::vector<std::string> roles_of_its_own() const;

 private:
  std::set<std::string> closure(const std::string& start) const;

  std::string user_;
  std::string migrator_;
  std::vector<Membership> all_;
  std::set<std::string> of_user_;
  std::set<std::string> of_migrator_;
};

}  // namespace dunlin::doctor
