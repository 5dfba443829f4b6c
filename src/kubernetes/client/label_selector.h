// Label selectors, as a LabelSelector field writes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/client/object.h"

namespace dunlin::kubernetes {

// All of its requirements have to hold; one without any matches everything. Whether a selector that is *absent* matches
// everything or nothing is up to the field that it is missing from: parse() reads it as one without requirements.
class LabelSelector {
 public:
  LabelSelector() = default;

  // Throws Failure (config), which names what is wrong below `path` ("spec.selector").
  static LabelSelector parse(const Json& selector, std::string_view path);

  bool matches(const StringMap& labels) const;

 private:
  // A label that is not there is in no set: not_in and does_not_exist hold for it.
  enum class Operator { in, not_in, exists, does_not_exist };
  struct Requirement {
    std::string key;
    Operator comparison = Operator::exists;
    std::vector<std::string> values;

    bool holds(const StringMap& labels) const;
  };

  static Requirement parse_expression(const Json& expression, const std::string& path);

  std::vector<Requirement> requirements_;
};

}  // namespace dunlin::kubernetes
