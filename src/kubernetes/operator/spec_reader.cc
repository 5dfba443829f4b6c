#include "kubernetes/operator/spec_reader.h"

#include <algorithm>

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::StringMap;

void SpecReader::problem(std::string_view name, std::string_view what) {
  problems_.push_back(fmt::format("{}.{}: {}", path_, name, what));
}

std::string SpecReader::text(std::string_view name) {
  const Json& value = raw(name);
  if (!value.is_null() && !value.is_string()) problem(name, "must be a string");
  return kubernetes::text(value);
}

bool SpecReader::flag(std::string_view name) {
  const Json& value = raw(name);
  if (!value.is_null() && !value.is_boolean()) problem(name, "must be true or false");
  return kubernetes::flag(value);
}

std::optional<std::int64_t> SpecReader::integer(std::string_view name, std::int64_t least) {
  const Json& value = raw(name);
  if (value.is_null()) return std::nullopt;
  if (!value.is_number_integer() || value.get<std::int64_t>() < least) {
    problem(name, fmt::format("must be a whole number of at least {}", least));
    return std::nullopt;
  }
  return value.get<std::int64_t>();
}

std::optional<std::vector<std::string>> SpecReader::texts(std::string_view name) {
  const Json& value = raw(name);
  if (value.is_null()) return std::nullopt;
  if (!value.is_array() || !std::ranges::all_of(value, [](const Json& entry) { return entry.is_string(); })) {
    problem(name, "must be a list of strings");
    return std::nullopt;
  }
  return value.get<std::vector<std::string>>();
}

std::optional<StringMap> SpecReader::string_map(std::string_view name) {
  const Json& value = raw(name);
  if (value.is_null()) return std::nullopt;
  if (!value.is_object() || !std::ranges::all_of(value, [](const Json& entry) { return entry.is_string(); })) {
    problem(name, "must be a map of strings");
    return std::nullopt;
  }
  return kubernetes::string_map(value);
}

Json SpecReader::object(std::string_view name) {
  const Json& value = raw(name);
  if (value.is_null() || value.is_object()) return value;
  problem(name, "must be an object");
  return {};
}

Json SpecReader::objects(std::string_view name, std::initializer_list<std::string_view> keys) {
  const Json& value = raw(name);
  if (value.is_null()) return {};
  if (!value.is_array()) {
    problem(name, "must be a list");
    return {};
  }
  bool whole = true;
  for (std::size_t k = 0; k < value.size(); ++k) {
    for (const std::string_view key : keys) {
      if (!kubernetes::text(field(value[k], key)).empty()) continue;
      problem(fmt::format("{}[{}].{}", name, k, key), "must be given");
      whole = false;
    }
  }
  return whole ? value : Json{};
}

}  // namespace dunlin::manager
