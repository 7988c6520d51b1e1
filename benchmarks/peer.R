# One task with R's survey: Rscript peer.R TASK FILE.csv REPEATS TARGETS.csv
suppressMessages(library(survey))
given <- commandArgs(trailingOnly = TRUE)
task <- given[1]
frame <- read.csv(given[2], stringsAsFactors = TRUE)
targets <- read.csv(given[4], colClasses = c("character", "character", "numeric"))
items <- paste0("q", 0:9)

design <- function() svydesign(~psu, strata = ~stratum, weights = ~w, data = frame)
margins <- function() lapply(split(targets, targets$name), function(m) {
  table <- data.frame(factor(m$level), m$total)
  names(table) <- c(m$name[1], "Freq")
  table
})
run <- switch(task,
  mean = function() svyby(~y, ~domain, design(), svymean),
  items = function() {
    d <- design()
    lapply(items, function(q) svyby(reformulate(q), ~domain, d, svymean))
  },
  logit = function() svyglm(yes ~ x1 + x2 + x3 + x4 + x5, design(), family = quasibinomial(),
                            control = list(epsilon = 1e-12)),
  rake = function() {
    wanted <- margins()
    rake(design(), lapply(names(wanted), reformulate), wanted,
         control = list(maxit = 100, epsilon = 1e-6))
  },
  bootstrap = function() {
    d <- as.svrepdesign(design(), type = "subbootstrap", replicates = 200)
    svyby(~y, ~domain, d, svymean)
  },
  median = function() svyby(~y, ~domain, design(), svyquantile, quantiles = 0.5, ci = TRUE)
)
if (task %in% c("mean", "items", "bootstrap", "median")) {
  for (q in items) frame[[q]] <- factor(frame[[q]])
}
for (m in unique(targets$name)) frame[[m]] <- factor(frame[[m]])
invisible(gc(reset = TRUE))
before <- sum(gc()[, 2])
seconds <- numeric(0)
for (k in seq_len(as.integer(given[3]))) {
  seconds <- c(seconds, system.time(answer <- run())[["elapsed"]])
}
peak <- sum(gc()[, 6]) - before
first <- switch(task,
  mean = , bootstrap = c(coef(answer)[1], SE(answer)[1]),
  items = c(coef(answer[[1]])[1], unlist(SE(answer[[1]]))[1]),
  logit = c(coef(answer)[2], SE(answer)[2]),
  rake = c(max(weights(answer)), sum(weights(answer))),
  median = c(coef(answer)[1], NA)
)
cat(sprintf('{"seconds": [%s], "peak_mb": %.1f, "check": [%s]}\n',
            paste(sprintf("%.4f", seconds), collapse = ", "), peak,
            paste(ifelse(is.na(first), "null", sprintf("%.15g", first)), collapse = ", ")))
