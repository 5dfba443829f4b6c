// What an API server answered. That it refuses something is an answer, not a failure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "kubernetes/client/json.h"

namespace dunlin::kubernetes {

struct ApiAnswer {
  unsigned code = 0;
  Json document;                                    // the object, the list, or the Status of a refusal
  std::optional<std::chrono::seconds> retry_after;  // of the header, or of the Status

  bool ok() const { return code >= 200 && code < 300; }

  // Of a refusal: "NotFound", "Conflict", "AlreadyExists", "Expired". One code may have several reasons.
  std::string reason() const;
  bool not_found() const { return code == 404; }
  // Somebody else wrote the object since it was read (or, of a DELETE, it is another one of that name).
  bool conflict() const { return code == 409 && reason() == "Conflict"; }
  bool already_exists() const { return code == 409 && reason() == "AlreadyExists"; }
  bool gone() const { return code == 410 || reason() == "Expired"; }

  // The object. Throws Failure (connect) with the server's words when it is a refusal; `doing` says what was tried.
  const Json& object(std::string_view doing) const;
};

// Of a body as it came. Never throws: what is no JSON becomes the message of a Status.
ApiAnswer read_answer(unsigned code, std::string_view body, std::string_view retry_after_header);

}  // namespace dunlin::kubernetes
