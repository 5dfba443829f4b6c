// The error that a piece of work throws.
#pragma once

#include <gtest/gtest.h>

#include "dunlin/error.h"

namespace dunlin::test {

// Fails the test, and gives an empty error, when nothing is thrown.
template <typename Work>
Error error_of(const Work& work) {
  try {
    work();
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace dunlin::test
