add_library(bittensor_flags INTERFACE)
target_compile_options(bittensor_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${BITTENSOR_WERROR}>:-Werror>)
if(CMAKE_CXX_STANDARD EQUAL 20 AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Its bug 105651: what it says of std::string's operator+ is not so.
  target_compile_options(bittensor_flags INTERFACE -Wno-restrict)
endif()
if(BITTENSOR_SANITIZE)
  # For every target, foreign ones and generated code included: one process, one runtime.
  add_compile_options(-fsanitize=${BITTENSOR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BITTENSOR_SANITIZE})
endif()

# Links in a tenth of the time, and there are dozens of programs.
find_program(BITTENSOR_MOLD mold)
if(BITTENSOR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Several sources as one: the templates that libtorch's headers leave to the end of each file cost
# 5 s, whether the file uses them or not. Off where files are compiled one by one: editors,
# clang-tidy, and changing one file again and again.
option(BITTENSOR_UNITY "Compile the sources of a target together" ON)

# What most sources take of libtorch and of the other heavy headers, precompiled. Not torch/torch.h:
# it costs a source that has it precompiled 4 s more than what we use of it, and without 14 s.
# Foreign headers are SYSTEM: their warnings are not ours.
add_library(bittensor_torch INTERFACE)
target_link_libraries(bittensor_torch INTERFACE ${TORCH_LIBRARIES})
target_include_directories(bittensor_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
# Who uses the precompiled headers defines what they were compiled with.
target_link_libraries(bittensor_torch INTERFACE spdlog::spdlog)
target_compile_definitions(bittensor_torch INTERFACE GTEST_HAS_PTHREAD=1)
# Not file(WRITE), which would touch it, and so all, whenever CMake runs again.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/torch_pch.cc CONTENT "")
add_library(bittensor_torch_pch OBJECT ${CMAKE_BINARY_DIR}/torch_pch.cc)
target_link_libraries(bittensor_torch_pch PRIVATE bittensor_torch bittensor_flags)
target_link_libraries(bittensor_torch_pch PRIVATE GTest::gmock spdlog::spdlog absl::statusor
  absl::strings absl::flat_hash_map)
target_precompile_headers(bittensor_torch_pch PRIVATE
  <torch/types.h> <torch/utils.h> <torch/nn/module.h> <torch/nn/modules/linear.h>
  <torch/nn/modules/conv.h> <torch/nn/modules/batchnorm.h> <torch/optim/sgd.h>
  <gmock/gmock.h> <gtest/gtest.h> <spdlog/spdlog.h>
  <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h>
  <filesystem> <fstream> <functional> <thread>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(bittensor_torch_pch PUBLIC "SHELL:-Xclang -fno-pch-timestamp")
endif()

# Gives `target` the precompiled torch header if it links libtorch.
function(_bittensor_use_pch target deps)
  if("TORCH" IN_LIST deps)
    target_precompile_headers(${target} REUSE_FROM bittensor_torch_pch)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
  endif()
endfunction()

function(_bittensor_unite target)
  if(BITTENSOR_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
    # g++ takes what a source keeps to itself for a header's.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# Foreign libraries by one word each, so that the folders' lists stay readable.
function(_bittensor_link target scope deps)
  foreach(dep IN LISTS deps)
    if(dep STREQUAL "TORCH")
      target_link_libraries(${target} ${scope} bittensor_torch)
    else()
      target_link_libraries(${target} ${scope} ${dep})
    endif()
  endforeach()
endfunction()

# bittensor_library(NAME HEADERS ... SOURCES ... DEPS ...)
#
# One library per folder. DEPS repeats the folder's row of tools/layers.toml, as far as it
# links, and adds the foreign libraries; TORCH means libtorch with its headers precompiled.
function(bittensor_library name)
  cmake_parse_arguments(arg "" "" "HEADERS;SOURCES;DEPS" ${ARGN})
  add_library(bittensor_${name} STATIC)
  add_library(bittensor::${name} ALIAS bittensor_${name})
  target_sources(bittensor_${name}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS}
    PRIVATE ${arg_SOURCES})
  _bittensor_link(bittensor_${name} PUBLIC "${arg_DEPS}")
  target_link_libraries(bittensor_${name} PRIVATE bittensor_flags)
  set_target_properties(bittensor_${name} PROPERTIES
    VERIFY_INTERFACE_HEADER_SETS ON LINKER_LANGUAGE CXX)
  _bittensor_use_pch(bittensor_${name} "${arg_DEPS}")
  _bittensor_unite(bittensor_${name})
endfunction()

# For a library with a torch::autograd::Function: g++ 14 imagines an overflow in the std::vector<bool>
# of Function::apply().
function(bittensor_has_functions name)
  target_compile_options(bittensor_${name} PRIVATE
    "$<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow>")
endfunction()

# For targets that have nothing to compute themselves: they compile in half the time.
function(bittensor_optimise_less)
  set(less -O1)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13
     AND CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    # Which -O1 leaves out, and without which it does not take what was precompiled with more.
    list(APPEND less -munroll-only-small-loops -mvzeroupper)
  endif()
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE "$<$<CONFIG:Release>:${less}>")
  endforeach()
endfunction()

# All benchmarks, which a plain build leaves out: ./run bench builds the one that it is asked for.
add_custom_target(benches)

# bittensor_executable(NAME SOURCES ... DEPS ...); a NAME that ends in _bench is a benchmark.
function(bittensor_executable name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  _bittensor_link(${name} PRIVATE "${arg_DEPS}")
  target_link_libraries(${name} PRIVATE bittensor_flags)
  _bittensor_use_pch(${name} "${arg_DEPS}")
  if(NOT name MATCHES "_bench$")
    _bittensor_unite(${name})
  else()
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    add_dependencies(benches ${name})
  endif()
endfunction()

# Each test of libtorch draws the same random numbers in every run.
add_library(bittensor_seed_torch OBJECT ${PROJECT_SOURCE_DIR}/tests/seed_torch.cc)
target_link_libraries(bittensor_seed_torch
  PRIVATE bittensor_torch GTest::gtest bittensor_flags)
_bittensor_use_pch(bittensor_seed_torch TORCH)

add_custom_target(tests ALL)

# bittensor_test(NAME LABEL unit SOURCES ... DEPS ... [TIMEOUT seconds])
#
# Labels: unit (no sockets, no processes), net (sockets on loopback), learning (trains),
# process (starts programs). A program is one test of ctest: libtorch takes longer to load than
# most cases take. One case alone: NAME --gtest_filter=Suite.Case. TIMEOUT is the program's.
function(bittensor_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  bittensor_executable(${name} SOURCES ${arg_SOURCES} DEPS ${arg_DEPS})
  target_link_libraries(${name} PRIVATE GTest::gmock GTest::gtest_main)
  if("TORCH" IN_LIST arg_DEPS)
    target_link_libraries(${name} PRIVATE bittensor_seed_torch)
  endif()
  bittensor_optimise_less(${name}) # What a test computes, the libraries compute.
  if(BITTENSOR_SANITIZE)
    set(arg_TIMEOUT 1200)
  elseif(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_dependencies(tests ${name})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()

if(BITTENSOR_FUZZ)
  add_custom_target(bittensor_fuzz_targets)
  file(WRITE ${CMAKE_BINARY_DIR}/fuzz_targets.txt "")
endif()

# bittensor_fuzz(NAME CORPUS folder SOURCES ... DEPS ...)
#
# A fuzz target as a test NAME_replay, which runs over its corpus, and in the preset "fuzz" as
# NAME_fuzz, in which libFuzzer looks for more (./run fuzz).
function(bittensor_fuzz name)
  cmake_parse_arguments(arg "" "CORPUS" "SOURCES;DEPS" ${ARGN})
  bittensor_executable(${name}_replay
    SOURCES ${arg_SOURCES} ${PROJECT_SOURCE_DIR}/fuzz/replay_main.cc DEPS ${arg_DEPS})
  bittensor_optimise_less(${name}_replay)
  add_test(NAME ${name}_replay COMMAND ${name}_replay ${arg_CORPUS})
  set_tests_properties(${name}_replay PROPERTIES LABELS unit TIMEOUT 60)
  if(BITTENSOR_FUZZ)
    bittensor_executable(${name}_fuzz SOURCES ${arg_SOURCES} DEPS ${arg_DEPS})
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
    add_dependencies(bittensor_fuzz_targets ${name}_fuzz)
    file(APPEND ${CMAKE_BINARY_DIR}/fuzz_targets.txt
      "${name} ${CMAKE_CURRENT_BINARY_DIR}/${name}_fuzz ${arg_CORPUS}\n")
  endif()
endfunction()
