# find_package(bulkhead-plugin) gives the target bulkhead::plugin (the headers) and
#
#   bulkhead_add_plugin(NAME SOURCE... [MANIFEST manifest.json])
#
# which builds NAME.so as a plug-in, of sources in C or C++. MANIFEST names the file that a source gives to BH_MANIFEST_FILE: the plug-in is
# built anew when it changes.
get_filename_component(_bulkhead_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(BULKHEAD_SDK_DIR "${_bulkhead_prefix}/share/bulkhead/sdk")

if(NOT TARGET bulkhead::plugin)
  add_library(bulkhead::plugin INTERFACE IMPORTED)
  set_target_properties(bulkhead::plugin PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_bulkhead_prefix}/include")
endif()

function(bulkhead_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 plugin "" "MANIFEST" "")
  add_library(${name} MODULE ${plugin_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE bulkhead::plugin)
  target_link_options(${name} PRIVATE "LINKER:-z,defs" "LINKER:-z,now"
    "LINKER:--version-script=${BULKHEAD_SDK_DIR}/cpp/exports.map")
  # C++ as the wrapper needs it, and without variables that gcc would share between plug-ins.
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(CXX IN_LIST languages)
    target_compile_features(${name} PRIVATE cxx_std_17)
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden)
  if(plugin_MANIFEST)
    get_filename_component(manifest "${plugin_MANIFEST}" ABSOLUTE)
    get_filename_component(folder "${manifest}" DIRECTORY)
    target_include_directories(${name} PRIVATE "${folder}")
    set_source_files_properties(${plugin_UNPARSED_ARGUMENTS} PROPERTIES OBJECT_DEPENDS "${manifest}")
  endif()
endfunction()
