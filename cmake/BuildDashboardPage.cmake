# Makes WORK/page.html, one file, of the dashboard's sources in SOURCE. Without npm, or
# where npm fails, the page says so and how to have it: no build fails for that.
set(why "")
find_program(npm npm)
if(NOT npm)
  set(why "npm was not there when this program was built.")
else()
  file(REMOVE_RECURSE ${WORK}/src ${WORK}/dist)
  foreach(name package.json package-lock.json vite.config.ts index.html src)
    file(COPY ${SOURCE}/${name} DESTINATION ${WORK})
  endforeach()
  file(SHA256 ${SOURCE}/package-lock.json lock)
  set(installed "")
  if(EXISTS ${WORK}/installed)
    file(READ ${WORK}/installed installed)
  endif()
  if(NOT installed STREQUAL lock)
    execute_process(
      COMMAND ${npm} ci --omit=dev --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-retry-mintimeout=1000
      WORKING_DIRECTORY ${WORK} TIMEOUT 180 RESULT_VARIABLE failed
      OUTPUT_FILE ${WORK}/npm.log ERROR_FILE ${WORK}/npm.log)
    if(failed)
      set(why "npm could not fetch what the page is built with (${WORK}/npm.log).")
    else()
      file(WRITE ${WORK}/installed ${lock})
    endif()
  endif()
  if(NOT why)
    execute_process(COMMAND ${npm} run build
      WORKING_DIRECTORY ${WORK} TIMEOUT 180 RESULT_VARIABLE failed
      OUTPUT_FILE ${WORK}/vite.log ERROR_FILE ${WORK}/vite.log)
    if(failed)
      set(why "vite could not build the page (${WORK}/vite.log).")
    endif()
  endif()
endif()

if(why)
  message(NOTICE "The dashboard has no page: ${why}")
  configure_file(${CMAKE_CURRENT_LIST_DIR}/no_dashboard_page.html.in ${WORK}/page.html @ONLY)
else()
  file(RENAME ${WORK}/dist/index.html ${WORK}/page.html)
endif()
file(TOUCH ${WORK}/page.html)
