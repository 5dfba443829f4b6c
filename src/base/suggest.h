// The nearest of the words that would have been right, for messages about one that was not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dunlin {

// Letter case and the difference between '-' and '_' do not count; a transposition counts as one edit; a beginning of
// at least three letters counts as near. Empty when nothing is near.
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// "did you mean migrate?", or empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace dunlin
