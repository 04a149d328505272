# Completion of grannbud for bash. Made by `grannbud completion`; do not edit.
_grannbud()
{
    local cur=${COMP_WORDS[COMP_CWORD]} noun='' verb='' verbs='' options='' i
    local nouns='status user token audit store hold resume help completion area municipality group contact series schedule meeting letter delivery why alert webhook incoming event'
    local globals='--socket --url --token-file --as --json --lang --help --version'
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${COMP_WORDS[i]}" in
            --socket | --url | --token-file | --as | --lang) ((i++)) ;;
            -*) ;;
            *) if [[ -z $noun ]]; then noun=${COMP_WORDS[i]}; elif [[ -z $verb ]]; then verb=${COMP_WORDS[i]}; fi ;;
        esac
    done
    case "$noun" in
        user) verbs='add list show disable' ;;
        token) verbs='add list revoke' ;;
        audit) verbs='list verify export' ;;
        store) verbs='backup verify restore migrate' ;;
        area) verbs='list show import' ;;
        municipality) verbs='list show' ;;
        group) verbs='add list show set status import export' ;;
        contact) verbs='add list show set remove' ;;
        series) verbs='add list show pause resume' ;;
        schedule) verbs='next upcoming' ;;
        meeting) verbs='add list edit remove' ;;
        letter) verbs='new list show edit lint material preview test submit approve reject send cancel report' ;;
        delivery) verbs='list show retry' ;;
        alert) verbs='send update recall list show approve reject discard' ;;
        webhook) verbs='add list show edit test rotate disable enable remove replay deliveries delivery' ;;
        incoming) verbs='status resume' ;;
        event) verbs='list' ;;
    esac
    [[ -n $verbs ]] || verb=''
    case "$noun $verb" in
        'user add') options='--role --scope --full-name --email --uid' ;;
        'token add') options='--user --role --scope --expires --out' ;;
        'audit list') options='--object --limit --after' ;;
        'audit export') options='--after --limit' ;;
        'store restore') options='--dry-run' ;;
        'hold ') options='--reason' ;;
        'resume ') options='--reason' ;;
        'municipality list') options='--area' ;;
        'group add') options='--name --municipality --kind --state --district --postal-code --activated-on --last-meeting-on --position --households --households-joined --signs' ;;
        'group list') options='--municipality --state --kind --name' ;;
        'group set') options='--name --kind --district --postal-code --activated-on --last-meeting-on --position --households --households-joined --signs' ;;
        'group status') options='--note' ;;
        'group import') options='--dry-run --municipality' ;;
        'group export') options='--municipality' ;;
        'contact add') options='--group --name --email --phone --phone-alt --role --trained --trained-year --protected' ;;
        'contact list') options='--municipality --name --address' ;;
        'contact set') options='--group --name --email --phone --phone-alt --role --trained --trained-year --protected' ;;
        'contact remove') options='--group' ;;
        'series add') options='--name --rrule --time --scope --kind --tz --from --working-day --covers-previous' ;;
        'schedule next') options='--rrule --time --tz --from --start --count --working-day' ;;
        'meeting add') options='--title --scope --starts --ends --place --note' ;;
        'meeting list') options='--days-back' ;;
        'meeting edit') options='--title --scope --starts --ends --place --note' ;;
        'letter new') options='--series --scope' ;;
        'letter list') options='--state --series' ;;
        'letter material') options='--municipality --period' ;;
        'letter preview') options='--group --municipality --html' ;;
        'letter test') options='--to --municipality' ;;
        'letter submit') options='--override' ;;
        'letter approve') options='--hash' ;;
        'letter reject') options='--note' ;;
        'letter send') options='--at' ;;
        'letter cancel') options='--note' ;;
        'delivery list') options='--message --letter --alert --state --address' ;;
        'alert send') options='--kind --title --text --instruction --title-en --text-en --sms --area --municipality --group --circle --polygon --group-kind --expires --exercise --life-danger --severity --urgency --certainty --classification --confirm --second-person --override --dry-run --idempotency-key' ;;
        'alert update') options='--title --text --instruction --title-en --text-en --sms --expires --override --idempotency-key' ;;
        'alert recall') options='--title --text --note --idempotency-key' ;;
        'alert list') options='--state' ;;
        'alert approve') options='--hash' ;;
        'alert reject') options='--note' ;;
        'alert discard') options='--note' ;;
        'webhook add') options='--format --group --municipality --area --all --kind --name --email --no-exercises --secret --ed25519 --user --password-file --token --room --topic --from --to --template --content-type' ;;
        'webhook edit') options='--address --name --kind --exercises --email --user --password-file --token --room --topic --from --to --template --content-type' ;;
        'webhook rotate') options='--overlap --now --ed25519 --secret' ;;
        'webhook disable') options='--reason' ;;
        'webhook replay') options='--delivery --since --expired' ;;
        'webhook deliveries') options='--state --limit --after' ;;
        'event list') options='--municipality --from --to' ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options $globals" -- "$cur")
    elif [[ -z $noun ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$nouns" -- "$cur")
    elif [[ -n $verbs && -z $verb ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}
complete -o filenames -F _grannbud grannbud
