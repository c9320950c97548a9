#!/usr/bin/env bash
# How the program is started: launchers, threads, grids, memory, libraries.
source "$NT_TEST_LIB"

NET='serial(Dense(8), Relu(), Dense(1))'
kernel=(kernel -e "$NET" 'random(50,3)' --force --get nngp -o)

# A launcher that MPI does not understand: N programs of one rank each.
launchers() {
  SLURM_NTASKS=4 alone "${kernel[@]}" launchers.npy
  expect_exit 2
  expect_one_error '4 tasks \(SLURM_NTASKS=4\).*srun --mpi=pmix.*mpirun'
  expect_no_file launchers.npy
  PMI_SIZE=2 PMI_RANK=0 alone predict --train a --labels b --test c -e "$NET"
  expect_exit 2
  expect_one_error 'PMI_SIZE=2'
  PMI_SIZE=2 PMI_RANK=1 alone "${kernel[@]}" launchers.npy
  expect_exit 2
  expect_true [ ! -s "$ERR" ]
  SLURM_NTASKS=4 alone "${kernel[@]}" launchers.npy --allow-singleton
  expect_exit 0
  SLURM_NTASKS=1 alone "${kernel[@]}" launchers.npy
  expect_exit 0
  SLURM_NTASKS=2 run 2 "${kernel[@]}" launchers.npy
  expect_exit 0
  SLURM_NTASKS=4 alone bench relu-map
  expect_exit 2
  expect_one_error 'SLURM_NTASKS=4'
  SLURM_NTASKS=4 alone layers Dense
  expect_exit 0
  SLURM_NTASKS=4 alone --version
  expect_exit 0
}

# Threads and placement.
threads() {
  OMP_NUM_THREADS=3 alone "${kernel[@]}" threads.npy
  expect_stderr '^rank 0: host .*, core.*, 3 threads$'
  OMP_NUM_THREADS=3 alone "${kernel[@]}" threads.npy --threads 2
  expect_stderr '^rank 0: .*, 2 threads$'
  cores=$(nproc --all)
  alone "${kernel[@]}" threads.npy --threads $((cores + 1))
  expect_stderr "^warning: host .*: $((cores + 1)) threads of 1 rank on"
  bound "${kernel[@]}" threads.npy
  bound bench relu-map --repeat 1
  SLURM_CPUS_PER_TASK=$((cores + 1)) alone "${kernel[@]}" threads.npy
  expect_exit 0
  expect_stderr "^warning: .* of the $((cores + 1)) of --cpus-per-task: .* SRUN_CPUS_PER_TASK=$((cores + 1)) "
  SLURM_CPUS_PER_TASK=1 alone "${kernel[@]}" threads.npy
  expect_no_stderr '^warning:'
  OMP_NUM_THREADS=1000000 run 2 "${kernel[@]}" threads.npy
  expect_exit 2
  expect_one_error '1000000 threads of a rank: at most 4096'
  unset OMP_NUM_THREADS
  alone "${kernel[@]}" threads.npy
  expect_stderr "^rank 0: .*, $(nproc) threads?\$"
  run 2 "${kernel[@]}" threads.npy
  half=$(($(nproc) / 2 > 0 ? $(nproc) / 2 : 1))
  expect_true [ "$(grep -cE "^rank [01]: .*, $half threads?\$" "$ERR")" -eq 2 ]
  export OMP_NUM_THREADS=1
}

# Ranks with one thread and with two: the panels of the own pass are fetched by all together.
unlike() {
  local job=("$NTMPI" kernel -e 'serial(Conv(1, (3, 3), padding="SAME"), Relu(), Conv(1, (3, 3)))'
    'random(40,6,6,3)' -o unlike.npy --get cov1 --tile 4 --grid 2x1)
  LAST="cov1 on ranks of one thread and two"
  "$MPIRUN" --timeout 60 -n 1 -x OMP_NUM_THREADS=1 "${job[@]}" : -n 1 -x OMP_NUM_THREADS=2 "${job[@]}" >"$OUT" 2>"$ERR" </dev/null
  CODE=$?
  expect_exit 0
  expect_stderr '^rank 0: .*, 1 thread$'
  expect_stderr '^rank 1: .*, 2 threads$'
}

# Two threads on one core, to which mpirun binds a rank that is alone.
bound() {
  local one
  one=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
  LAST="ntmpi $* on one core"
  taskset -c "$one" "$NTMPI" "$@" --threads 2 >"$OUT" 2>"$ERR" </dev/null
  expect_stderr "^rank 0: .*, core $one, 2 threads\$"
  [[ $cores -eq 1 ]] || expect_stderr "on 1 core of $cores; .*--bind-to none"
}

# Grids and memory.
limits() {
  run 2 "${kernel[@]}" limits.npy --grid 2x1
  expect_exit 0
  expect_stderr '^grid 2x1 of ranks$'
  alone "${kernel[@]}" limits.npy
  expect_stderr '^memory of a rank: .* at most = results .* the (free memory|limit of the cgroup)'
  alone "${kernel[@]}" limits.npy --memory 2G
  expect_stderr '--memory leaves 1\.9 GiB|--memory leaves 2\.0 GiB'
  SLURM_MEM_PER_NODE=100 alone "${kernel[@]}" limits.npy
  expect_stderr 'SLURM_MEM_PER_NODE leaves'
  SLURM_MEM_PER_CPU=50 SLURM_CPUS_ON_NODE=2 alone "${kernel[@]}" limits.npy
  expect_stderr 'SLURM_MEM_PER_CPU leaves'
  SLURM_MEM_PER_NODE=1 alone "${kernel[@]}" limits.npy
  expect_exit 5
  expect_one_error 'SLURM_MEM_PER_NODE'
}

# Libraries of 64-bit integers.
libraries() {
  LD_PRELOAD=${FAKE_BLAS64:?} alone "${kernel[@]}" libraries.npy
  expect_exit 7
  expect_one_error 'BLAS library uses 64-bit integers.*LP64'
}

slow='serial(Dense(8), *([Erf(), Dense(8), Gelu(), Dense(8)] * 40))'

# expect_draft PATTERN: a run that goes on beside this one has begun to write.
expect_draft() {
  local i
  for ((i = 0; i < 400; i++)); do
    compgen -G "$1" >/dev/null && break
    sleep 0.05
  done
  expect_true compgen -G "$1" >/dev/null
}

# A job that is ended, or whose rank is: no draft stays, what was there before does. Also where files
# take a tenth of a second to go: longer than ranks live that have none.
killed() {
  local victim draft job
  for out in killed.h5 killed/; do
    alone kernel -e "$NET" 'random(9,3)' --get nngp -o "$out" --quiet
    cp -r "${out%/}" "before-${out%/}"
    for victim in job first last; do
      "$MPIRUN" -n 2 -x LD_PRELOAD="${SLOW_UNLINK:?}" \
        "$NTMPI" kernel -e "$slow" 'random(20000,3)' --get nngp -o "$out" --force --quiet \
        >"$OUT" 2>"$ERR" </dev/null &
      job=$!
      LAST="the job whose $victim process is ended, into $out"
      draft=".${out%/}.tmp-*"
      expect_draft "$draft"
      sleep 0.5
      case $victim in
      job) kill "$job" ;;
      first) kill "$(pgrep -P "$job" | head -n 1)" ;;
      last) kill -KILL "$(pgrep -P "$job" | tail -n 1)" ;;
      esac
      SECONDS=0
      wait "$job"
      expect_true [ "$SECONDS" -lt 20 ]
      expect_true [ -z "$(compgen -G "$draft")" ]
      expect_true diff -r "${out%/}" "before-${out%/}"
    done
  done
}

# Large files too: to give back their pages takes longer than mpirun waits before it kills.
killed_large() {
  local job size=0
  seq 3000 | awk '{ print $1 / 3000 "" }' >large.csv
  "$MPIRUN" -n 3 "$NTMPI" predict -e "$NET" --train 'random(3000,3)' --test 'random(3000,3)' \
    --labels large.csv --targets raw --reg 1 --covariance -o large/ --save-kernel large.h5 --quiet \
    >"$OUT" 2>"$ERR" </dev/null &
  job=$!
  LAST="the job whose last process is ended while it writes"
  for ((i = 0; i < 400 && size < 100000; i++)); do
    sleep 0.05
    size=$(du -sc .large*.tmp-* 2>/dev/null | tail -n 1 | cut -f 1)
  done
  expect_true [ "$size" -ge 100000 ]
  kill "$(pgrep -P "$job" | tail -n 1)"
  wait "$job"
  expect_true [ -z "$(compgen -G '.large*')" ]
  expect_no_file large
  expect_no_file large.h5
}

# Schedulers warn by other signals before they kill.
warned() {
  local signal draft='.warned.h5.tmp-*'
  for signal in USR1 USR2 XCPU QUIT; do
    env --default-signal="$signal" "$NTMPI" kernel -e "$slow" 'random(20000,3)' --get nngp -o warned.h5 --quiet \
      >"$OUT" 2>"$ERR" </dev/null &
    LAST="the run that gets $signal"
    expect_draft "$draft"
    kill -"$signal" $!
    wait $!
    expect_true [ $? -gt 128 ]
    expect_true [ -z "$(compgen -G "$draft")" ]
  done
}

# Without a launcher the program is one process, and has no files of MPI.
alone_is_one() {
  local draft='.one.h5.tmp-*'
  mkdir one
  TMPDIR=$WORK/one "$NTMPI" kernel -e "$slow" 'random(20000,3)' --get nngp -o one.h5 --quiet >"$OUT" 2>"$ERR" </dev/null &
  LAST="the run without a launcher"
  expect_draft "$draft"
  expect_true [ -z "$(pgrep -P $!)" ]
  expect_true [ -z "$(ls -A one)" ]
  kill $!
  wait $!
}

# So do the files of ntmpi bench, which touches nothing of anybody else.
killed_bench() {
  local signal job
  mkdir bench
  for signal in INT TERM USR1; do
    env --default-signal=INT "$MPIRUN" -n 2 -x TMPDIR="$WORK/bench" \
      "$NTMPI" bench write --samples 1000 --repeat 40 --quiet >"$OUT" 2>"$ERR" </dev/null &
    job=$!
    LAST="the bench that gets $signal"
    expect_draft 'bench/.ntmpi-bench.tmp-*/k.h5'
    kill -"$signal" "$job"
    wait "$job"
    expect_true [ $? -ne 0 ]
    expect_true [ -z "$(ls -A bench)" ]
  done
  echo precious >kept
  (
    ln -s ../kept "bench/ntmpi-bench-$BASHPID.0"
    ln -s ../kept "bench/ntmpi-bench-$BASHPID.h5"
    ln -s . "bench/.ntmpi-bench.tmp-$BASHPID"
    TMPDIR=$WORK/bench exec "$NTMPI" bench write --samples 300 --repeat 1 --quiet >"$OUT" 2>"$ERR"
  )
  CODE=$? LAST="the bench beside files with names like its own"
  expect_exit 0
  expect_true [ "$(cat kept)" = precious ]
  expect_true [ "$(find bench -name '*ntmpi-bench*' -type l | wc -l)" -eq 3 ]
  expect_true [ -z "$(find bench -name '*ntmpi-bench*' ! -type l)" ]
}

# The folder of the output goes while the kernel is computed.
removed() {
  mkdir gone
  "$MPIRUN" -n 3 "$NTMPI" kernel -e "$slow" 'random(5000,3)' --get nngp -o gone/k.h5 --quiet \
    >"$OUT" 2>"$ERR" </dev/null &
  for ((i = 0; i < 400; i++)); do
    compgen -G 'gone/.*' >/dev/null && break
    sleep 0.01
  done
  rm -rf gone
  wait $!
  CODE=$? LAST="the job whose output folder is removed"
  expect_exit 4
  expect_one_error 'gone/k\.h5'
}

# No room for memory that the ranks of a node share, as in small containers: they do without.
room() {
  local images="$NT_TEST_DATA/digits-images.npy" labels="$NT_TEST_DATA/digits-labels.npy"
  (ulimit -f 1000 && exec "$MPIRUN" --timeout 60 -n 3 "$NTMPI" predict -e 'serial(Flatten(), Dense(1), Relu(), Dense(1))' \
    --train "${images}[0:600]" --labels "${labels}[0:600]" --test "${images}[600:700]" --reg 1e-3) >"$OUT" 2>"$ERR" </dev/null
  CODE=$? LAST="the job without room for shared memory"
  expect_exit 0
  expect_stdout '^ntk reg=0.001 predicted=100'
}

# First and alone: a rank that gets no processor for a quarter of a second leaves its draft.
killed
killed_large
killed_bench
warned
for section in alone_is_one room removed launchers threads unlike limits libraries; do beside "$section"; done
