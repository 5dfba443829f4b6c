// One user's connection with what the checks need to know, and the place where they put what they find.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "core/project.h"
#include "doctor/finding.h"
#include "dunlin/driver.h"

namespace dunlin::doctor {

// A way to the database.
struct User {
  std::shared_ptr<Driver> driver;
  std::string url;       // holds a secret
  std::string named_by;  // "DATABASE_URL in .env:3"
  SessionOptions session;
};

// What doctor is asked to look at. Each part may be missing.
struct Patient {
  std::optional<User> application;
  // Empty when nothing names one; the same URL as the application's when one user does both.
  std::optional<User> migration;
  // What those that are missing lack: a variable that cannot be read, a malformed URL.
  std::optional<Error> application_error;
  std::optional<Error> migration_error;
  std::optional<Project> project;
  std::optional<Error> project_error;
  // How old an open transaction has to be to be mentioned; empty: as each check has it.
  std::optional<std::chrono::seconds> older_than;

  bool one_user() const { return application && migration && application->url == migration->url; }
};

// Who the connection belongs to.
enum class Duty { application, migration, both };

struct Examination {
  const Patient& patient;
  Duty duty = Duty::both;
  Session& session;
  std::chrono::nanoseconds round_trip{};
  // Located; empty name without a project.
  TableLocation history;
  // Where what names no schema is made; empty on servers without schemas, and where search_path names none there is.
  std::string schema;
  Clock& clock;
  Findings& findings;

  // At least one of the two runs the application (migrates).
  bool runs_application() const { return duty != Duty::migration; }
  bool migrates() const { return duty != Duty::application; }
  const std::string& user() const { return session.server().user; }
  Rows query(const std::string& sql) const { return session.query(sql); }
  void add(Section, Level, std::string check, std::string message, std::vector<std::string> fix = {}) const;
  // An error whose exit code is not that of a refusal.
  void add_error(Section, std::string check, const Error&) const;
};

}  // namespace dunlin::doctor
