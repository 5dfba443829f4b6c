// What `reencrypt` says at its end, for people and for programs.
#pragma once

#include <string>

#include "cli/render/json.h"
#include "cli/render/paint.h"
#include "secrets/column_choice.h"
#include "secrets/reencryption.h"

namespace dunlin::cli {

struct RotationOutcome {
  secrets::Rotation rotation = secrets::Rotation::reencrypt;
  std::string key_id;  // the primary
  secrets::RotationReport report;
  std::vector<secrets::LeftOut> left_out;

  // Nothing is left undone.
  bool complete() const;
};

// Ends in the closing line.
std::string render_rotation(const RotationOutcome&, const Paint&);
Json rotation_json(const RotationOutcome&, std::string_view database);

}  // namespace dunlin::cli
