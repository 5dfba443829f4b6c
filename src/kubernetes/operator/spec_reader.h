// Reads the fields of an object that a person wrote, and collects what is wrong with them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "kubernetes/client/object.h"

namespace dunlin::manager {

// Every member reads the field `name`; one that is absent, null or wrong reads as empty, and wrong ones become
// problems. Refers to the object and the list, and must not outlive them.
class SpecReader {
 public:
  SpecReader(const kubernetes::Json& object, std::string path, std::vector<std::string>& problems)
      : object_(object), path_(std::move(path)), problems_(problems) {}

  std::string text(std::string_view name);
  bool flag(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least);
  std::optional<std::vector<std::string>> texts(std::string_view name);
  std::optional<kubernetes::StringMap> string_map(std::string_view name);
  // An object as it stands.
  kubernetes::Json object(std::string_view name);
  // A list of objects as it stands, each with texts in all of `keys`.
  kubernetes::Json objects(std::string_view name, std::initializer_list<std::string_view> keys);

  // One of the words of `choices`, else `otherwise`.
  template <typename Value>
  Value choice(std::string_view name, Value otherwise,
               std::initializer_list<std::pair<std::string_view, Value>> choices) {
    const std::string word = text(name);
    if (word.empty()) return otherwise;
    std::string words;
    for (const auto& [allowed, value] : choices) {
      if (word == allowed) return value;
      words += fmt::format("{}{}", words.empty() ? "" : ", ", allowed);
    }
    problem(name, fmt::format("\"{}\" is not one of {}", word, words));
    return otherwise;
  }

  const kubernetes::Json& raw(std::string_view name) const { return kubernetes::field(object_, name); }
  std::string path_of(std::string_view name) const { return fmt::format("{}.{}", path_, name); }
  void problem(std::string_view name, std::string_view what);

 private:
  const kubernetes::Json& object_;
  std::string path_;
  std::vector<std::string>& problems_;
};

}  // namespace dunlin::manager
