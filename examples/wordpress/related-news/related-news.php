<?php
/**
 * Plugin Name:       Related News
 * Description:       Related posts under every post, ranked by your own relnews service.
 * Version:           0.1.0
 * Requires at least: 6.0
 * Requires PHP:      7.4
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       related-news
 *
 * @package RelatedNews
 */

namespace RelatedNews;

defined( 'ABSPATH' ) || exit;

const OPTION = 'related_news';

const DEFAULTS = array(
	'service'  => 'http://127.0.0.1:8000',
	'receiver' => '',
	'token'    => '',
	'k'        => 5,
	'layout'   => 'list',
	'content'  => true,
);

const LAYOUTS = array( 'list', 'cards', 'compact' );

/** Elements and attributes that a box may have; the rest is left out, whoever answers. */
const ALLOWED = array(
	'section' => array( 'class' => true, 'aria-labelledby' => true ),
	'h2'      => array( 'id' => true ),
	'h3'      => array( 'id' => true ),
	'ol'      => array(),
	'li'      => array(),
	'img'     => array( 'src' => true, 'alt' => true, 'width' => true, 'height' => true, 'loading' => true, 'decoding' => true ),
	'a'       => array( 'class' => true, 'href' => true, 'lang' => true, 'dir' => true, 'data-relnews-rank' => true ),
	'span'    => array( 'class' => true, 'lang' => true, 'dir' => true ),
	'div'     => array( 'class' => true, 'dir' => true ),
	'bdi'     => array(),
	'time'    => array( 'datetime' => true, 'lang' => true, 'dir' => true ),
);

/** Seconds that a reader may wait for the service. */
const PATIENCE = 2;

/** Seconds until an answer without a time of its own, such as an error, is asked for again. */
const SHORTEST = 60;

/** Seconds that the last answer is kept, to be shown while the service does not answer. */
const LONGEST = WEEK_IN_SECONDS;

function settings(): array {
	return wp_parse_args( get_option( OPTION, array() ), DEFAULTS );
}

/**
 * Return what the service has at an address, as old as the service's Cache-Control allows.
 *
 * The ETag of the last answer is sent along, so that an unchanged list is not sent again. While the service does
 * not answer, the last answer is returned.
 */
function fetched( string $path ): string {
	$key  = 'related_news_' . md5( settings()['service'] . $path );
	$kept = get_transient( $key );
	if ( is_array( $kept ) && time() < $kept['until'] ) {
		return $kept['body'];
	}
	$kept    = is_array( $kept ) ? $kept : array( 'body' => '', 'etag' => '' );
	$headers = $kept['etag'] ? array( 'If-None-Match' => $kept['etag'] ) : array();
	$answer  = wp_remote_get(
		untrailingslashit( settings()['service'] ) . $path,
		array( 'timeout' => PATIENCE, 'redirection' => 0, 'headers' => $headers )
	);
	$status  = wp_remote_retrieve_response_code( $answer );
	$seconds = SHORTEST;
	if ( in_array( $status, array( 200, 304 ), true ) ) {
		preg_match( '/max-age=(\d+)/', wp_remote_retrieve_header( $answer, 'cache-control' ), $found );
		$seconds = (int) ( $found[1] ?? SHORTEST );
	}
	if ( 200 === $status ) {
		$kept = array( 'body' => wp_remote_retrieve_body( $answer ), 'etag' => wp_remote_retrieve_header( $answer, 'etag' ) );
	} elseif ( 404 === $status || 410 === $status ) { // the archive does not have the post, or not any more
		$kept = array( 'body' => '', 'etag' => '' );
	}
	$kept['until'] = time() + $seconds;
	set_transient( $key, $kept, LONGEST );
	return $kept['body'];
}

/** Return the box of a post as HTML; empty if it has none. */
function box( int $id, string $layout = '' ): string {
	$post = get_post( $id );
	if ( ! $post || 'publish' !== $post->post_status || post_password_required( $post ) ) {
		return '';
	}
	$list = wp_kses( fetched( "/related/$id.html?k=" . (int) settings()['k'] ), ALLOWED );
	if ( '' === trim( $list ) ) {
		return '';
	}
	wp_enqueue_style( 'related-news' );
	$layout = in_array( $layout, LAYOUTS, true ) ? $layout : settings()['layout'];
	return sprintf( '<div class="relnews-%s">%s</div>', esc_attr( $layout ), $list );
}

add_action(
	'init',
	function () {
		wp_register_style( 'related-news', false, array(), '0.1.0' );
		wp_register_script(
			'related-news-block',
			plugins_url( 'block.js', __FILE__ ),
			array( 'wp-blocks', 'wp-element', 'wp-block-editor', 'wp-components', 'wp-server-side-render' ),
			'0.1.0',
			true
		);
		register_block_type(
			__DIR__,
			array(
				'render_callback' => function ( $attributes, $content, $block ) {
					$id = (int) ( $block->context['postId'] ?? get_the_ID() );
					return box( $id, (string) ( $attributes['layout'] ?? '' ) );
				},
			)
		);
	}
);

// The stylesheet of the service, inside of the page: no other address has to be public.
add_action(
	'enqueue_block_assets', // of pages, and of the editor
	function () {
		if ( is_admin() || is_singular( 'post' ) ) {
			wp_add_inline_style( 'related-news', str_replace( '</', '<\/', fetched( '/related-news.css' ) ) );
		}
	}
);

add_filter(
	'the_content',
	function ( $content ) {
		$is_page = is_singular( 'post' ) && is_main_query() && get_the_ID() === get_queried_object_id();
		if ( ! $is_page || ! settings()['content'] || has_block( 'relnews/related-news' ) ) {
			return $content;
		}
		return $content . box( get_the_ID() );
	},
	20
);

/** Tell the receiver that a post has come, changed or gone. It reads from the site what is public of it. */
function tell( int $id ): void {
	$settings = settings();
	if ( '' === $settings['receiver'] ) {
		return;
	}
	wp_remote_post(
		$settings['receiver'],
		array(
			'blocking' => false,
			'timeout'  => PATIENCE,
			'headers'  => array(
				'Content-Type'  => 'application/json',
				'Authorization' => 'Bearer ' . $settings['token'],
			),
			'body'     => wp_json_encode( array( 'id' => $id ) ),
		)
	);
}

// After terms and metadata of the post are stored; moving to the trash and back is such a change, too.
add_action(
	'wp_after_insert_post',
	function ( $id, $post, $update, $before ) {
		$was_public = $before && 'publish' === $before->post_status;
		if ( 'post' === $post->post_type && ( 'publish' === $post->post_status || $was_public ) ) {
			tell( $id );
		}
	},
	10,
	4
);

add_action(
	'deleted_post',
	function ( $id, $post ) {
		if ( 'post' === $post->post_type ) {
			tell( $id );
		}
	},
	10,
	2
);

/** Return settings that were sent, checked; what is wrong stays as it was. */
function checked( $sent ): array {
	$sent  = is_array( $sent ) ? $sent : array();
	$known = settings();
	foreach ( array( 'service', 'receiver' ) as $name ) {
		$address = esc_url_raw( trim( $sent[ $name ] ?? '' ), array( 'http', 'https' ) );
		if ( '' !== $address || 'receiver' === $name ) {
			$known[ $name ] = $address;
		}
	}
	$known['token']   = sanitize_text_field( $sent['token'] ?? '' );
	$known['k']       = min( 50, max( 1, (int) ( $sent['k'] ?? DEFAULTS['k'] ) ) );
	$known['layout']  = in_array( $sent['layout'] ?? '', LAYOUTS, true ) ? $sent['layout'] : $known['layout'];
	$known['content'] = ! empty( $sent['content'] );
	return $known;
}

add_action(
	'admin_init',
	function () {
		register_setting( OPTION, OPTION, array( 'type' => 'array', 'sanitize_callback' => __NAMESPACE__ . '\checked' ) );
	}
);

add_action(
	'admin_menu',
	function () {
		$title = __( 'Related News', 'related-news' );
		add_options_page( $title, $title, 'manage_options', OPTION, __NAMESPACE__ . '\page_of_settings' );
	}
);

function page_of_settings(): void {
	$settings = settings();
	$fields   = array(
		'service'  => array( 'url', __( 'Address of the service, as this server reaches it', 'related-news' ) ),
		'receiver' => array( 'url', __( 'Address of the receiver of changes; empty for none', 'related-news' ) ),
		'token'    => array( 'password', __( 'Token of the receiver', 'related-news' ) ),
		'k'        => array( 'number', __( 'Most posts in a box', 'related-news' ) ),
	);
	echo '<div class="wrap"><h1>' . esc_html__( 'Related News', 'related-news' ) . '</h1>';
	echo '<form method="post" action="options.php"><table class="form-table" role="presentation">';
	settings_fields( OPTION );
	foreach ( $fields as $name => list( $type, $label ) ) {
		printf(
			'<tr><th scope="row"><label for="relnews-%1$s">%2$s</label></th><td><input class="regular-text" id="relnews-%1$s" name="%3$s[%1$s]" type="%4$s" value="%5$s" autocomplete="off"></td></tr>',
			esc_attr( $name ),
			esc_html( $label ),
			esc_attr( OPTION ),
			esc_attr( $type ),
			esc_attr( $settings[ $name ] )
		);
	}
	printf( '<tr><th scope="row"><label for="relnews-layout">%s</label></th><td><select id="relnews-layout" name="%s[layout]">', esc_html__( 'Layout', 'related-news' ), esc_attr( OPTION ) );
	foreach ( LAYOUTS as $layout ) {
		printf( '<option%2$s>%1$s</option>', esc_html( $layout ), selected( $settings['layout'], $layout, false ) );
	}
	printf(
		'</select></td></tr><tr><th scope="row">%s</th><td><label><input name="%s[content]" type="checkbox" value="1"%s> %s</label></td></tr></table>',
		esc_html__( 'Place', 'related-news' ),
		esc_attr( OPTION ),
		$settings['content'] ? ' checked' : '',
		esc_html__( 'Under the content of every post', 'related-news' )
	);
	submit_button();
	echo '</form></div>';
}
