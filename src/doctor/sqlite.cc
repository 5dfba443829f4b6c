// An SQLite file: whether it can be written to, and whether it is whole.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "doctor/checks.h"
#include "doctor/damage.h"

namespace dunlin::doctor {
namespace {

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// For a POSIX shell.
std::string shell_word(const std::string& text) {
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+,:@%") ==
      std::string::npos) {
    return text;
  }
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

bool in_memory(const Examination& at) {
  return at.session.server().location.empty() || at.session.server().location == ":memory:";
}

void look_whether_writable(const Examination& at) {
  if (in_memory(at)) return;
  const std::string& path = at.session.server().location;
  const std::string directory = directory_of(path);
  if (::access(path.c_str(), W_OK) != 0) {
    at.add(Section::file, Level::error, "writable", fmt::format("{} may not be written to", path),
           {fmt::format("chmod u+w {}", shell_word(path))});
  } else if (::access(directory.c_str(), W_OK) != 0) {
    at.add(Section::file, Level::error, "writable",
           fmt::format("{} may not be written to, and SQLite keeps its journal there", directory),
           {fmt::format("chmod u+w {}", shell_word(directory))});
  } else {
    at.add(Section::file, Level::ok, "writable", fmt::format("{} and its directory", path));
  }
}

// Locks that a network file system only pretends to take let two writers in.
void look_at_file_system(const Examination& at) {
  if (in_memory(at)) return;
  struct statfs found{};
  if (::statfs(at.session.server().location.c_str(), &found) != 0) return;
  struct Kind {
    unsigned long magic;
    const char* name;
  };
  constexpr std::array kNetwork{Kind{0x6969, "NFS"},     Kind{0xFF534D42, "CIFS"}, Kind{0xFE534D42, "SMB"},
                                Kind{0x517B, "SMB"},     Kind{0x01021997, "9P"},   Kind{0x00C36400, "Ceph"},
                                Kind{0x5346414F, "AFS"}, Kind{0x47504653, "GPFS"}};
  for (const Kind& kind : kNetwork) {
    if ((static_cast<unsigned long>(found.f_type) & 0xFFFFFFFFUL) != kind.magic) continue;
    at.add(Section::file, Level::warning, "file-system",
           fmt::format("the file is on {}, whose locks do not keep two writers apart for certain", kind.name),
           {"keep the file on a local disk, or use PostgreSQL"});
  }
}

void look_at_journal_mode(const Examination& at) {
  if (in_memory(at)) return;
  const std::string mode = at.query("PRAGMA journal_mode").front().front().value_or("");
  if (mode == "wal") {
    at.add(Section::file, Level::ok, "journal-mode", "wal: readers go on while a migration writes");
  } else {
    at.add(Section::file, Level::note, "journal-mode", fmt::format("{}: readers wait while a migration writes", mode),
           {"PRAGMA journal_mode = wal;"});
  }
}

void look_whether_whole(const Examination& at) {
  const Rows rows = at.query("PRAGMA quick_check(10)");
  if (rows.size() == 1 && rows.front().front() == "ok") {
    at.add(Section::file, Level::ok, "integrity", "quick_check finds nothing");
    return;
  }
  // The first line of many, which quick_check gives as one text.
  std::string first = rows.empty() ? "" : rows.front().front().value_or("");
  if (first.starts_with("***")) first.erase(0, std::min(first.find('\n'), first.size() - 1) + 1);
  const bool more = rows.size() > 1 || first.find('\n') != std::string::npos;
  first.erase(std::min(first.find('\n'), first.size()));
  add_damage(at, first + (more ? ", and more: PRAGMA quick_check;" : ""));
}

void look_at_foreign_keys(const Examination& at) {
  const Rows rows = at.query("PRAGMA foreign_key_check");
  if (rows.empty()) {
    at.add(Section::file, Level::ok, "foreign-keys", "no row refers to one that is not there");
    return;
  }
  const Row& first = rows.front();
  at.add(Section::file, Level::warning, "foreign-keys",
         fmt::format("{} rows refer to rows that are not there, the first in {}, which refers to {}", rows.size(),
                     first.at(0).value_or("?"), first.size() > 2 ? first[2].value_or("?") : "?"),
         {"PRAGMA foreign_key_check;"});
}

void look_at_grants(const Examination& at) {
  if (!at.patient.project || at.patient.project->grants.empty()) return;
  at.add(Section::users, Level::note, "grants", "SQLite has no users: [grants] of dunlin.toml changes nothing here");
}

constexpr std::array kChecks{
    Check{"writable", Over::one_of_them, &look_whether_writable},
    Check{"file-system", Over::one_of_them, &look_at_file_system},
    Check{"journal-mode", Over::one_of_them, &look_at_journal_mode},
    Check{"integrity", Over::one_of_them, &look_whether_whole},
    Check{"foreign-keys", Over::one_of_them, &look_at_foreign_keys},
    Check{"grants", Over::one_of_them, &look_at_grants},
};

}  // namespace

void add_damage(const Examination& at, const std::string& what) {
  const bool said = std::ranges::any_of(
      at.findings, [](const Finding& found) { return found.check == "integrity" && found.level == Level::error; });
  if (said) return;
  at.add(Section::file, Level::error, "integrity", fmt::format("the file is damaged: {}", what),
         {fmt::format("restore a backup, or save what can be read: sqlite3 {} .recover",
                      shell_word(at.session.server().location))});
}

std::span<const Check> sqlite_checks() {
  return kChecks;
}

}  // namespace dunlin::doctor
